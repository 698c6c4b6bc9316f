"""What dashboards are put together from: answers of the metrics, gathered and turned into components."""
