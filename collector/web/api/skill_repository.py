"""API: the repository of skill packages."""

from typing import Annotated

from pydantic import Field

from collector.operations import skill_repository as operations
from collector.operations.operation import Done
from collector.operations.skill_repository import ReleaseShown, RepositoryShown, StagedPackage
from collector.web.api.routing import Body, Call, Query, Route
from collector.web.api.uploads import uploaded

_TAG = "skills"
Document = Annotated[str, Field(max_length=900_000, description="signed metadata, as its file has it")]
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,15}$", description="root, targets or a publisher")]


class FirstDocumentsBody(Body):
    """Version 1 of root and targets, each with enough signatures."""

    root: Document
    targets: Document


class SignedDocumentBody(Body):
    """The next version of one role's document."""

    role: RoleName
    document: Document
    files: Annotated[
        dict[str, Document],
        Field(default_factory=dict, max_length=8, description="of targets: the fleet's own files"),
    ]


async def show_repository(call: Call, _: Query) -> RepositoryShown:
    """Who holds what and until when; every package that robots can fetch."""
    return await call.do(operations.show_repository, None)


async def show_document(call: Call, _: Query) -> str:
    """To make its next version of."""
    return await call.do(operations.show_document, call.request.match_info["role"])


async def found_repository(call: Call, _: Query, body: FirstDocumentsBody) -> Done:
    """Once. Later roots are taken as documents."""
    return await call.do(operations.found_repository, operations.FirstDocuments(**body.model_dump()))


async def accept_document(call: Call, _: Query, body: SignedDocumentBody) -> list[ReleaseShown]:
    """Answers the releases that a publisher's document adds."""
    return await call.do(operations.accept_document, operations.SignedDocument(**body.model_dump()))


async def stage_package(call: Call, _: Query) -> StagedPackage:
    """The package as the body. It is offered when a publisher's document names it."""
    async with uploaded(call) as file:
        wanted = operations.StagePackage(
            appid=call.request.match_info["appid"], release=call.number("release"), file=file
        )
        return await call.do(operations.stage_package, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/skills/repository", _TAG, "Roles, holders and packages", RepositoryShown, show_repository,
          operation=operations.show_repository),
    Route("POST", "/skills/repository", _TAG, "Begin the repository", Done, found_repository,
          body=FirstDocumentsBody, operation=operations.found_repository),
    Route("GET", "/skills/repository/documents/{role}", _TAG, "A role's newest document", str, show_document,
          operation=operations.show_document),
    Route("POST", "/skills/repository/documents", _TAG, "Take a signed document", list[ReleaseShown], accept_document,
          body=SignedDocumentBody, operation=operations.accept_document),
    Route("PUT", "/skills/packages/{appid}/{release}", _TAG, "Keep a package", StagedPackage, stage_package,
          raw_body="application/octet-stream", operation=operations.stage_package),
)  # fmt: skip
