#include "fuzz.h"
#include "ingest/inflate.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    enum { LIMIT = 1 << 16 };
    BUFFER_AUTO out = {0};
    inflate_gzip(bytes, LIMIT, &out);
    promise(out.length <= LIMIT);
    struct inflate_file files[INFLATE_ZIP_FILES];
    size_t count = 0, sum = 0;
    inflate_zip(bytes, LIMIT, arena, files, &count);
    promise(count <= INFLATE_ZIP_FILES);
    for (size_t i = 0; i < count; i++)
        sum += files[i].bytes.length;
    promise(sum <= LIMIT);
}
