"""People and organizations."""

from partnerhub.samples.rows import Rows

PASSWORD = "correct horse battery"
# Everything that tests make comes from here, with the passwords and addresses of the tests.
make = Rows("mail.example", PASSWORD)

person = make.person
organization = make.organization
member = make.member
administrator = make.administrator
identity = make.identity
employee_invitation = make.employee_invitation
