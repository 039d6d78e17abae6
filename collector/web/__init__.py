"""The collector's face: REST under /api/v1, pages, sign-in, /healthz and /metrics. No rules live here.

server   builds the aiohttp application from a few parts           routes     the one table of API routes
access   who is asking, and what may they see                      openapi    that table as OpenAPI 3.1
pages    HTML from the same reads as the API                       metrics    figures for Prometheus
"""
