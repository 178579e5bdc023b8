from memory.embedded import Embedded


async def test_a_fresh_database_answers(postgres: Embedded, database_url: str) -> None:
    assert database_url.startswith("postgresql+asyncpg://aurelius@/test_")
