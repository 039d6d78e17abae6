"""Why there is no link, as people read it: each cause has its text and its remedy, in English here.

The log says both; status, page and doctor say them in the language that is asked for, from the same table
(`status/why.py`). `reason` is the stable word that programs read. Slots in braces are filled from what was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edge_agent.deferred import deferred
from edge_agent.errors import LinkError


@dataclass(frozen=True, slots=True)
class Cause:
    reason: str
    text: str
    remedy: str


CAUSES: Mapping[str, Cause] = {
    "unanswered": Cause(
        "network", deferred("{broker} does not answer"), deferred("check this robot's network and mqtt_url")
    ),
    "refused": Cause(
        "refused", deferred("nobody listens at mqtt_url"), deferred("start the broker or correct the port")
    ),
    "no_address": Cause(
        "network", deferred("the broker's name has no address ({detail})"), deferred("check mqtt_url and DNS")
    ),
    "network": Cause("network", deferred("no connection: {detail}"), deferred("check this robot's network")),
    "ended": Cause("network", deferred("the broker's connection ended ({detail})"), deferred("it is made again")),
    "cut": Cause(
        "network",
        deferred("the broker's connection ends when counts are sent, without a word ({detail})"),
        deferred("smaller messages are tried; does the broker or the network limit their size: docs/brokers.md"),
    ),
    "taken_over": Cause(
        "taken_over",
        deferred("another machine connects with this robot's name and the broker ends this connection"),
        deferred("give one a name of its own: docs/agent.md"),
    ),
    "message_refused": Cause(
        "refused",
        deferred("the broker refuses a message ({detail})"),
        deferred("check its access rules for this robot: docs/brokers.md"),
    ),
    "denied_acks": Cause(
        "refused",
        deferred("the broker refuses the subscription to {topic} ({detail}), where acks arrive"),
        deferred("allow this robot to read it in the broker's access rules"),
    ),
    "denied_desired": Cause(
        "refused",
        deferred("the broker refuses the subscription to {topic} ({detail}), where desired documents arrive"),
        deferred("allow this robot to read it in the broker's access rules"),
    ),
    "silent": Cause(
        "silent",
        deferred("the collector owes an answer"),
        deferred("the link is made again; look whether the collector runs and the broker lets this robot read {topic}"),
    ),
    "mute": Cause(
        "version",
        deferred("{broker} takes the connection and says nothing"),
        deferred("check that mqtt_url names an MQTT broker, and mqtt_version"),
    ),
    "unread": Cause(
        "version",
        deferred("the broker closed the connection unread"),
        deferred("check mqtt_version, and the broker's log"),
    ),
    "version": Cause(
        "version", deferred("the broker does not speak this version of MQTT ({detail})"), deferred("check mqtt_version")
    ),
    "plain_port": Cause(
        "port",
        deferred("{broker} speaks MQTT without TLS, and this robot speaks TLS"),
        deferred("name the broker's TLS port in mqtt_url (usually 8883), or have the broker speak TLS there"),
    ),
    "tls_port": Cause(
        "port",
        deferred("{broker} speaks TLS, and this robot does not"),
        deferred("write mqtts:// in mqtt_url, with tls_ca_file, or name the broker's plain port"),
    ),
    "http_port": Cause(
        "port",
        deferred("{broker} is a web server, no MQTT broker"),
        deferred("name the broker's MQTT port in mqtt_url (usually 8883 or 1883)"),
    ),
    "no_tls": Cause(
        "port", deferred("what listens at {broker} speaks no TLS"), deferred("correct host and port in mqtt_url")
    ),
    "own_missing": Cause(
        "certificate",
        deferred("the broker asks for a certificate, and this robot has none"),
        deferred("set tls_cert_file and tls_key_file to those that the fleet's authority made: docs/brokers.md"),
    ),
    "own_expired": Cause(
        "certificate",
        deferred("this robot's own certificate ended {ends}"),
        deferred("have the fleet's authority make a new one and put it at {file}: docs/brokers.md"),
    ),
    "own_not_yet": Cause(
        "clock",
        deferred("this robot's own certificate begins {begins}, which is not yet"),
        deferred("set this robot's clock"),
    ),
    "own_foreign": Cause(
        "certificate",
        deferred("this robot's own certificate is not of the fleet's authority ({detail})"),
        deferred("have the authority whose certificate is {ca} make one and put it at {file}: docs/brokers.md"),
    ),
    "own_refused": Cause(
        "certificate",
        deferred("the broker refuses this robot's own certificate ({detail})"),
        deferred("compare {file} with the authority that the broker trusts (its cafile): docs/brokers.md"),
    ),
    "own_key": Cause(
        "certificate",
        deferred("this robot's certificate is not of its key: {file}"),
        deferred("put the certificate and the key that were made together at tls_cert_file and tls_key_file"),
    ),
    "broker_expired": Cause(
        "certificate",
        deferred("the broker's certificate has expired"),
        deferred("renew it at the broker, or correct this robot's clock"),
    ),
    "broker_not_yet": Cause(
        "clock", deferred("the broker's certificate is not yet valid"), deferred("set this robot's clock")
    ),
    "broker_ended": Cause(
        "certificate", deferred("the broker's certificate ended {ends}"), deferred("renew it at the broker")
    ),
    "broker_foreign": Cause(
        "certificate",
        deferred("the broker's certificate cannot be verified ({detail})"),
        deferred("set tls_ca_file to the authority that made the broker's certificate"),
    ),
    "broker_name": Cause(
        "certificate",
        deferred("the broker's certificate is for another name ({detail})"),
        deferred("write the name that stands in the broker's certificate into mqtt_url"),
    ),
    "tls": Cause("certificate", deferred("TLS failed ({detail})"), deferred("check mqtt_url's port and tls_cert_file")),
    "credentials": Cause(
        "credentials",
        deferred("the broker refuses this robot ({detail})"),
        deferred("check user name and password file, and that the broker knows this robot"),
    ),
    "turned_away": Cause(
        "refused", deferred("the broker refuses this robot ({detail})"), deferred("see the broker's log")
    ),
    "no_credentials": Cause(
        "credentials",
        deferred("the broker refuses this robot ({detail}): it has neither a certificate nor a password"),
        deferred("set tls_cert_file and tls_key_file, or mqtt_password_file: docs/brokers.md"),
    ),
    "certificate_unknown": Cause(
        "credentials",
        deferred("the broker takes this robot's certificate and refuses the robot ({detail})"),
        deferred("its common name must be the robot's name, and the broker's rules must know it: docs/brokers.md"),
    ),
}

UNCLEAR = frozenset({"unanswered", "network", "mute", "unread", "tls"})  # there uplink/diagnosis.py looks again


def failure(cause: str, **slots: str) -> LinkError:
    """The error of that cause, with text and remedy in English."""
    known = CAUSES[cause]
    text = f"{known.text}: {known.remedy}".format_map(slots)
    return LinkError(known.reason, text, cause, slots)
