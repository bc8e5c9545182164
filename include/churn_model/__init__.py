"""Who is still a customer, how often they will come back, what they will spend.

Reads as `table` (orders to a row a customer), `purchases` (BG/NBD and MBG/NBD), `spend`
(Gamma-Gamma), `gate` (is there enough to predict from?), `holdout` (how good was it?). Everything
is a pure function of its arguments: no database, no clock, no chance. docs/churn-model.md
explains it to users.
"""
