"""The command `qa` with the talking files in place of the recogniser; everything else is real.

Run as a program: `python -m tests.support.talking_qa run DIR`. The imports stand below because
worker
processes import this file too.
"""

if __name__ == "__main__":
    import qa.batch.hearing
    import qa.batch.local
    import qa.batch.runner
    from qa.cli.app import main
    from tests.support.talking_files import ENGINE, factory

    qa.batch.local.real_worker = factory  # type: ignore[assignment]
    qa.batch.runner._real_engine = lambda settings: ENGINE
    qa.batch.hearing._real_engine = lambda settings: ENGINE
    main()
