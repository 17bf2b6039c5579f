"""procmail with both of its recipes."""
from hooks import Lda, Troubles, main, need

need("procmail")


class Procmail(Lda):
    name = None

    def setUp(self):
        super().setUp()
        self.write_recipe(self.path("rc"), f"procmail/{self.name}.rc",
                          {"DEFAULT=$HOME/Maildir/": f"DEFAULT={self.inbox_path}/"})

    def command(self):
        return ["procmail", "-t", "-m", self.path("rc")]


class Requeue(Troubles, Procmail):
    name = "requeue"


class Inbox(Troubles, Procmail):
    name = "inbox"
    falls_back = True


if __name__ == "__main__":
    main()
