"""Background jobs: accounts made from a list."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from shared.auth.permissions import IsStaff
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.views import ApiView
from users.api import inputs, outputs
from users.selectors import jobs as job_selectors
from users.services import jobs as job_services


class UsersBulk(ApiView):
    """Lists of accounts."""

    permission_classes = [IsStaff]

    @idempotent()
    @operation(takes=inputs.Bulk, gives=outputs.Job, status=202)
    def post(self, request: Request) -> HttpResponse:
        """Take a list of accounts; they are made in the background, without passwords."""
        del request
        job = job_services.job_start(users=self.body()["users"], created_by=self.principal.id)
        return self.reply(job, headers={"Location": f"/api/{self.dialect.name}/jobs/{job['id']}/"})


class Job(ApiView):
    """One job."""

    permission_classes = [IsStaff]

    @operation(gives=outputs.Job)
    def get(self, request: Request, job_id: UUID) -> HttpResponse:
        """Return how far the job is, and what became of each row."""
        del request
        return self.reply(job_selectors.job(job_id))
