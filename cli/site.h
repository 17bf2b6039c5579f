/* A folder of pages that is made anew in one go: until the last page is made nothing of it changes, then each
 * page that is another takes its place by a rename. Of what is there, only what this program made is
 * replaced or removed. */
#ifndef CLI_SITE_H
#define CLI_SITE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

/* A file of the site has these words near its beginning: it is ours. */
#define SITE_MARK "tlsrpt dashboard"

struct site {
    struct arena *arena;
    const char *path;
    int folder, stage;       /* DIR, and the folder in it where new pages wait; -1 */
    struct text_list names;  /* of all pages of this run */
    struct text_list staged; /* those that are to be replaced, in the order of site_page() */
    size_t written, kept, removed;
};

/* Opens DIR, which is made where it is not there (its parent has to be), for this process alone. ERROR_USAGE
 * where its index.html is somebody else's or DIR is no folder, ERROR_TRY_AGAIN where another run writes there,
 * ERROR_IO where it cannot be written. Whatever this returns, site_end() is to be called. */
bool site_begin(struct site *site, struct text dir, struct arena *arena, struct error *err);

/* The page NAME, "index.html" or one in a folder of the site, as "code/X.html", has CONTENT. */
bool site_page(struct site *site, struct text name, const struct buffer *content,
               struct error *err);

/* GOOD: puts the pages in place in the order in which they came, then removes the pages of former runs in
 * FOLDERS that have no successor. Not GOOD: leaves all as it was. Returns whether the site is as it
 * should be; *ERR is set for what failed here. */
bool site_end(struct site *site, const struct text_list *folders, bool good, struct error *err);

#endif
