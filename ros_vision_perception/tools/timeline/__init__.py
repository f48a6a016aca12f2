"""Who did what when: pictures and tables from bags of results."""
