"""What the DAGs and the scripts are made of: one folder a stage of the data's way."""
