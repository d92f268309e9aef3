import schemathesis

# What the campaign of the test requires beside what the document describes: without it every body ends at the same
# check. Bodies that are no objects, and what a case puts itself, stay as they are.
CAMPAIGN = {
    "zip": "10001",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@example.com",
    "phone": "212-555-0198",
}


@schemathesis.hook.apply_to(method="POST", path_regex=r"^/api/(lead|ping|post)/")
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    # A made-up source or visit ends at a check too; leads keep them.
    made_up = set() if "/lead/" in context.operation.path else {"pid", "transaction_id"}
    return {**CAMPAIGN, **{name: value for name, value in body.items() if name not in made_up}}
