"""One file a model of the demo company, each exporting its WORLD."""
