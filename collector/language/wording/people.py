"""Words of signing in, of one's own page, and of the administrator's pages of people, tokens, sessions and the log."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "this_browser": deferred_in("page", "this browser"),
        "times_of_zone": deferred_in("page", "Times are of {zone}."),
        "all_acts": deferred_in("page", "All acts"),
        # signing in
        "mail": deferred_in("page", "E-mail"),
        "password": deferred_in("page", "Password"),
        "password_wrong": deferred_in("page", "E-mail or password is wrong."),
        "tries_used": deferred_in("page", "Too many wrong tries."),
        "wait_seconds": deferred_in("page", "Wait {seconds} seconds and try again."),
        "step_too_late": deferred_in("page", "The second step took too long: sign in again."),
        "no_account_yet": deferred_in(
            "page",
            "No account? Your administrator invites you. First start of this server: use the one-time link it printed.",
        ),
        "sign_in_by_token": deferred_in("page", "With an access token"),
        "sign_in_with_token": deferred_in("page", "Sign in with the token"),
        "token_for_machines": deferred_in(
            "page", "For machines that show a page on a screen; made with “collector token create”."
        ),
        "second_step": deferred_in("page", "Second step"),
        "six_digits": deferred_in("page", "Six digits of your app"),
        "code_help": deferred_in("page", "Your phone is lost? Write one of your recovery codes; each counts once."),
        "code_wrong": deferred_in("page", "This code is wrong, or was used: wait for the next one."),
        "back_to_sign_in": deferred_in("page", "Back to sign-in"),
        "company_sign_in": deferred_in("page", "Sign in with your company"),
        "company_failed": deferred_in(
            "page", "The sign-in with your company did not work: try again, or use your password."
        ),
        "company_unlinked": deferred_in(
            "page", "Nobody has linked this company account: sign in with your password, then link it on your page."
        ),
        "company_account": deferred_in("page", "Company account"),
        "company_linked": deferred_in("page", "Your company account signs you in."),
        "company_note": deferred_in("page", "Link it once; then your company signs you in, without this password."),
        "company_link": deferred_in("page", "Link my company account"),
        "company_unlink": deferred_in("page", "Unlink it"),
        "signed_in": deferred_in("page", "Signed in"),
        "onward": deferred_in("page", "Go on"),
        # tables from the browser
        "choose_file": deferred_in("page", "Choose a file."),
        "choose_table": deferred_in("page", "Choose what the file holds."),
        "file_too_large": deferred_in(
            "page", "The file is too large for a page: bring it in with “collector import”, or through the API."
        ),
        "nothing_imported": deferred_in("page", "Nothing was imported."),
        "import_done": deferred_in("page", "Imported."),
        "import_preview": deferred_in("page", "Preview: nothing is written yet."),
        "rows_same": deferred_in("page", "Unchanged"),
        "rows_bad": deferred_in("page", "Bad"),
        "bring_table": deferred_in("page", "Bring in a table"),
        "table": deferred_in("page", "Table"),
        "file_kept": deferred_in("page", "{name} is kept; choose another file to replace it."),
        "file_help": deferred_in("page", "CSV or XLSX, up to 700 kB."),
        "match_columns": deferred_in("page", "Match the columns"),
        "matched_anew": deferred_in(
            "page", "The columns kept from an earlier file do not fit this one; they were matched anew."
        ),
        "leave_out": deferred_in("page", "leave it out"),
        "import_partial": deferred_in("page", "Take the good rows although others are bad"),
        "import_new_robots": deferred_in("page", "Deployments may name robots that have never connected"),
        "preview": deferred_in("page", "Preview"),
        "import_now": deferred_in("page", "Import"),
        "row": deferred_in("page", "Row"),
        "what_it_does": deferred_in("page", "What it does"),
        "row_created": deferred_in("page", "created"),
        "row_corrected": deferred_in("page", "corrected"),
        "row_unchanged": deferred_in("page", "unchanged"),
        "row_refused": deferred_in("page", "bad"),
        # one-time links
        "welcome": deferred_in("page", "Welcome"),
        "first_admin_note": deferred_in("page", "Nobody administers this server yet: you become its administrator."),
        "your_name": deferred_in("page", "Your name"),
        "new_password": deferred_in("page", "New password"),
        "password_again": deferred_in("page", "The same again"),
        "password_rule": deferred_in("page", "{least} to {most} characters. A few words are good, and spaces count."),
        "passwords_differ": deferred_in("page", "The two passwords differ: write the same twice."),
        "set_password": deferred_in("page", "Set password and sign in"),
        "link_over": deferred_in("page", "This link was used, or is over."),
        "link_over_note": deferred_in("page", "Ask your administrator for a new one."),
        "link_fields": deferred_in(
            "page", "Write your name, a mail address as name@example.com, and a password that is not the address."
        ),
        # one's own page and the administrator's pages
        "administration": deferred_in("page", "Administration"),
        "people": deferred_in("page", "People"),
        "tokens": deferred_in("page", "Tokens"),
        "sessions": deferred_in("page", "Sessions"),
        "audit_log": deferred_in("page", "Audit log"),
        "settings": deferred_in("page", "Settings"),
        "imports": deferred_in("page", "Imports"),
        "notifications": deferred_in("page", "Notifications"),
        "my_page": deferred_in("page", "My page"),
        "roles": deferred_in("page", "Roles"),
        "role": deferred_in("page", "Role"),
        "second_factor": deferred_in("page", "Second factor"),
        "is_set": deferred_in("page", "set up"),
        "is_not_set": deferred_in("page", "not set up"),
        "person_invited": deferred_in("page", "invited"),
        "person_active": deferred_in("page", "active"),
        "person_disabled": deferred_in("page", "disabled"),
        "nobody_yet": deferred_in("page", "Nobody yet: invite somebody below."),
        "invite": deferred_in("page", "Invite"),
        "accounts_seen": deferred_in("page", "Accounts that are seen"),
        "accounts_seen_help": deferred_in("page", "By name or number; for customers’ administrators and resellers."),
        "person_needs_name": deferred_in("page", "A person needs a name."),
        "person_needs_role": deferred_in("page", "Choose at least one role."),
        "person_needs_accounts": deferred_in("page", "This role sees some accounts only: say which."),
        "account_called": deferred_in("page", "Account"),
        "csm_link": deferred_in("page", "Which CSM this is"),
        "csm_link_help": deferred_in("page", "Their accounts are “mine” on Today."),
        "language": deferred_in("page", "Language"),
        "my_language": deferred_in("page", "Pages open in"),
        "link_for": deferred_in("page", "One-time link for {who}"),
        "link_once": deferred_in(
            "page", "It opens once, until {until}, and is shown this once. Send it by a way that nobody else reads."
        ),
        "roles_end_sessions": deferred_in("page", "New roles or accounts end this person’s sessions."),
        "make_link": deferred_in("page", "New link to set a password"),
        "drop_factor": deferred_in("page", "Take the second factor away"),
        "enable": deferred_in("page", "Let in again"),
        "disable": deferred_in("page", "Disable"),
        "who": deferred_in("page", "Who"),
        "address": deferred_in("page", "Address"),
        "act": deferred_in("page", "Act"),
        "about": deferred_in("page", "About"),
        "end_session": deferred_in("page", "End"),
        "no_sessions": deferred_in("page", "Nobody is signed in."),
        "no_end": deferred_in("page", "no end"),
        "revoked": deferred_in("page", "revoked"),
        "revoke": deferred_in("page", "Revoke"),
        "no_tokens": deferred_in("page", "No tokens yet."),
        "no_acts": deferred_in("page", "Nothing was changed yet."),
        "tokens_note": deferred_in(
            "page", "A token is made on the page of its person, or with “collector token create”."
        ),
        "settings_note": deferred_in(
            "page", "They are read at the start: a change in the file takes effect with the next start."
        ),
        "value": deferred_in("page", "Value"),
        "effect": deferred_in("page", "Effect"),
        "by_default": deferred_in("page", "default"),
        "stated": deferred_in("page", "stated"),
        "imports_note": deferred_in(
            "page", "What an import created or corrected can be taken back, unless later facts stand on it."
        ),
        "file_name": deferred_in("page", "File"),
        "rows_made": deferred_in("page", "Created"),
        "rows_corrected": deferred_in("page", "Corrected"),
        "rows_left_out": deferred_in("page", "Left out"),
        "undone_by": deferred_in("page", "taken back by {who}"),
        "take_back": deferred_in("page", "Take back"),
        "no_imports": deferred_in("page", "Nothing was imported yet."),
        "channels": deferred_in("page", "Channels"),
        "notices_waiting": deferred_in("page", "Waiting"),
        "notices_dead": deferred_in("page", "Given up"),
        "send_test": deferred_in("page", "Send a test"),
        "no_channels": deferred_in("page", "No channel yet. The manual says how one is added."),
        "deliveries": deferred_in("page", "Deliveries"),
        "title": deferred_in("page", "Title"),
        "send_again": deferred_in("page", "Send again"),
        "no_deliveries": deferred_in("page", "Nothing was sent yet."),
        "notice_digest": deferred_in("page", "in the next digest"),
        "notice_waiting": deferred_in("page", "waiting"),
        "notice_sent": deferred_in("page", "sent"),
        "notice_dead": deferred_in("page", "given up"),
        "token_once": deferred_in("page", "The new token, shown this once:"),
        "password_now": deferred_in("page", "Present password"),
        "password_ends_sessions": deferred_in("page", "Your other sessions end."),
        "factor_is_set": deferred_in(
            "page", "A code of your app is asked for at sign-in. Recovery codes left: {left}."
        ),
        "factor_note": deferred_in(
            "page",
            "An app on your phone shows six digits for the sign-in: a stolen password alone opens nothing.",
        ),
        "new_codes": deferred_in("page", "New recovery codes"),
        "set_factor_up": deferred_in("page", "Set it up"),
        "my_tokens_note": deferred_in(
            "page", "A token lets a program ask in your name, and never may do more than you. It ends when you leave."
        ),
        "token_account_help": deferred_in("page", "Of a customer’s token: the id of its account."),
        "expires_days": deferred_in("page", "Ends after days"),
        "make_token": deferred_in("page", "Make a token"),
        "token_is_nobody": deferred_in(
            "page", "You are signed in with a token. Passwords, sessions and tokens belong to people."
        ),
        "codes_once": deferred_in("page", "Recovery codes, shown this once: each opens once when your phone is lost."),
        "codes_kept": deferred_in("page", "I keep them"),
        "scan_note": deferred_in(
            "page", "Scan this with an authenticator app, then write the six digits that it shows."
        ),
        "qr_code": deferred_in("page", "QR code for the app"),
        "or_type": deferred_in("page", "Or type:"),
        "confirm": deferred_in("page", "Confirm"),
        "role_admin": deferred_in("page", "administrator"),
        "role_head_of_cs": deferred_in("page", "head of customer success"),
        "role_csm": deferred_in("page", "CSM"),
        "role_fleet_engineer": deferred_in("page", "fleet engineer"),
        "role_finance": deferred_in("page", "finance"),
        "role_skill_reviewer": deferred_in("page", "skill reviewer"),
        "role_publisher": deferred_in("page", "publisher"),
        "role_release_manager": deferred_in("page", "release manager"),
        "role_reseller": deferred_in("page", "reseller"),
        "role_customer_admin": deferred_in("page", "customer’s admin"),
        "role_viewer": deferred_in("page", "viewer"),
        "role_staff": deferred_in("page", "staff (program)"),
        "role_reader": deferred_in("page", "reader (program)"),
        "role_customer": deferred_in("page", "customer (program)"),
        "mail_taken": deferred_in("page", "Somebody has this mail address: take another one."),
    }
)
