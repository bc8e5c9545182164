"""Which part of the dbt project is built when."""

FACTS = ("path:seeds", "path:models/staging", "path:models/shop", "path:models/marts/core")
"""dbt's selectors of what the churn model is fitted to, and of what comes before it."""
