"""What survives a restart: tables, migrations, repositories, the embedded database, keys."""
