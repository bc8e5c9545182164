"""What came of a fit, as lines for a terminal and for the log of a task."""

from include.churn_model.fit import Fit, Fitted


def summary(fitted: Fitted) -> str:
    """A line a model with its parameters, and below it how good it was or why it declined."""
    head = (
        f"As of {fitted.until}, that day included: {fitted.fits[0].customers:,} customers of"
        f" {fitted.sources or 'no source'}."
    )
    return "\n".join([head, *(line for fit in fitted.fits for line in _lines(fit))])


def _lines(fit: Fit) -> list[str]:
    figures = fit.parameters()
    log_likelihood = figures.pop("log_likelihood", None)
    lines = []
    if log_likelihood is not None:
        columns = "".join(f"{f'{name} {value:.4f}':<15}" for name, value in figures.items())
        lines.append(f"{columns:<60}log-likelihood {log_likelihood:.4f}")
    if fit.holdout_correlation is not None:
        lines.append(
            f"{fit.holdout_weeks} weeks since: correlation {fit.holdout_correlation:.3f} of"
            " predicted and actual order days"
        )
    if fit.declined:
        lines.append(f"No prediction. {fit.declined.sentence}")
    names = [fit.model, *[""] * len(lines)]
    return [f"{name:<12} {line}" for name, line in zip(names, lines, strict=False)]
