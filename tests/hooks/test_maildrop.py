"""maildrop with its recipe."""
from hooks import Lda, Troubles, main, need

need("maildrop")


class Maildrop(Troubles, Lda):
    def setUp(self):
        super().setUp()
        # maildrop asks the list of users for $HOME.
        self.write_recipe(self.path("mailfilter"), "maildrop/mailfilter", {"$HOME/Maildir": self.inbox_path})

    def command(self):
        return ["maildrop", self.path("mailfilter")]


if __name__ == "__main__":
    main()
