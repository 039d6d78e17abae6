"""The use cases: one operation for each act and each question. API, pages, commands and jobs call only these.

An operation takes a `Context` and a request value, and returns its answer or a `Refused`. It does everything that the
act needs: permission, look-ups, the change in one transaction, the history entry, the announcement.
"""
