/* minizip reads the archive through callbacks from memory: no name of it ever reaches a disk. */
#include <limits.h>
#include <string.h>

#define ZLIB_CONST /* zlib's input is const */
#include <unzip.h>
#include <zlib.h>

#include "ingest/inflate.h"

enum {
    PIECE = 32 * 1024,
    NAME_ROOM = 512, /* longer names are cut */
    ENTRIES_LOOKED_AT = 4 * INFLATE_ZIP_FILES,
    FLAG_ENCRYPTED = 1,
    METHOD_STORED = 0,
    METHOD_DEFLATED = 8,
};

/* The archive as a file of minizip. */
struct memory {
    struct text bytes;
    size_t at;
};

static voidpf memory_open(voidpf opaque, const void *name, int mode)
{
    (void)name, (void)mode;
    return opaque;
}

static uLong memory_read(voidpf opaque, voidpf stream, void *to, uLong size)
{
    (void)opaque;
    struct memory *memory = stream;
    struct text piece = text_first(text_from(memory->bytes, memory->at), size);
    if (piece.length)
        memcpy(to, piece.at, piece.length);
    memory->at += piece.length;
    return piece.length;
}

static uLong memory_write(voidpf opaque, voidpf stream, const void *from, uLong size)
{
    (void)opaque, (void)stream, (void)from, (void)size;
    return 0;
}

static ZPOS64_T memory_tell(voidpf opaque, voidpf stream)
{
    (void)opaque;
    return ((struct memory *)stream)->at;
}

static long memory_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
    (void)opaque;
    struct memory *memory = stream;
    size_t base = origin == ZLIB_FILEFUNC_SEEK_SET   ? 0
                  : origin == ZLIB_FILEFUNC_SEEK_CUR ? memory->at
                                                     : memory->bytes.length;
    if (offset > memory->bytes.length - base)
        return -1;
    memory->at = base + (size_t)offset;
    return 0;
}

static int memory_close(voidpf opaque, voidpf stream)
{
    (void)opaque, (void)stream;
    return 0;
}

static void close_archive(unzFile *archive)
{
    if (*archive)
        unzClose(*archive);
}

static struct text without_folder(struct text name)
{
    for (size_t i = name.length; i-- > 0;)
        if (name.at[i] == '/' || name.at[i] == '\\')
            return text_from(name, i + 1);
    return name;
}

/* Appends the archive's current file, *ROOM bytes at most. */
static enum inflate_end read_current(unzFile archive, size_t *room, struct buffer *out)
{
    if (unzOpenCurrentFile(archive) != UNZ_OK)
        return INFLATE_CUT;
    enum inflate_end end = INFLATE_WHOLE;
    char piece[PIECE];
    int length;
    while (end == INFLATE_WHOLE &&
           (length = unzReadCurrentFile(archive, piece, sizeof piece)) != 0) {
        size_t had = length < 0 ? 0 : (size_t)length;
        size_t taken = had < *room ? had : *room;
        buffer_add(out, piece, taken);
        *room -= taken;
        if (length < 0)
            end = INFLATE_CUT;
        else if (taken < had)
            end = INFLATE_TOO_LARGE;
    }
    if (unzCloseCurrentFile(archive) != UNZ_OK && end == INFLATE_WHOLE)
        end = INFLATE_CUT;
    return end;
}

/* Takes the archive's current entry if it is a file that can be read. False when the limit is
 * reached. */
static bool take_current(unzFile archive, size_t *room, struct arena *arena,
                         struct inflate_file *files, size_t *count)
{
    char name[NAME_ROOM + 1] = "";
    unz_file_info64 info;
    if (unzGetCurrentFileInfo64(archive, &info, name, NAME_ROOM, NULL, 0, NULL, 0) != UNZ_OK)
        return true;
    struct text base = without_folder(text_of(name));
    if (!base.length || (info.flag & FLAG_ENCRYPTED))
        return true;
    BUFFER_AUTO bytes = {0};
    struct inflate_file *file = &files[(*count)++];
    file->end = read_current(archive, room, &bytes);
    file->name = text_copy(arena, base);
    file->bytes = text_copy(arena, buffer_text(&bytes));
    return file->end != INFLATE_TOO_LARGE;
}

static enum inflate_end read_directory(unzFile archive, size_t limit, struct arena *arena,
                                       struct inflate_file *files, size_t *count)
{
    size_t room = limit;
    int status = unzGoToFirstFile(archive);
    for (int i = 0; status == UNZ_OK && i < ENTRIES_LOOKED_AT && *count < INFLATE_ZIP_FILES;
         i++) {
        if (!take_current(archive, &room, arena, files, count))
            return INFLATE_TOO_LARGE;
        status = unzGoToNextFile(archive);
    }
    if (status == UNZ_OK)
        return INFLATE_TOO_MANY;
    return *count ? INFLATE_WHOLE : INFLATE_EMPTY;
}

static unsigned little_endian(struct text bytes, size_t at, size_t size)
{
    unsigned value = 0;
    while (size-- > 0)
        value = value << 8 | (unsigned char)bytes.at[at + size];
    return value;
}

/* Appends raw deflated BYTES. */
static enum inflate_end inflate_raw(struct text bytes, size_t limit, struct buffer *out)
{
    z_stream stream = {.next_in = (const Bytef *)bytes.at,
                       .avail_in = (uInt)(bytes.length < UINT_MAX ? bytes.length : UINT_MAX)};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return INFLATE_CUT;
    enum inflate_end end = INFLATE_CUT;
    int status;
    do {
        unsigned char piece[PIECE];
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        status = inflate(&stream, Z_NO_FLUSH);
        size_t length = sizeof piece - stream.avail_out;
        size_t room = limit - out->length;
        buffer_add(out, piece, length < room ? length : room);
        if (length > room)
            end = INFLATE_TOO_LARGE;
    } while (status == Z_OK && end != INFLATE_TOO_LARGE);
    inflateEnd(&stream);
    return end;
}

/* An archive whose directory, which stands at its end, is missing or damaged: its first file can
 * be had by the local header (APPNOTE 4.3.7) before it. */
static void salvage(struct text bytes, size_t limit, struct arena *arena,
                    struct inflate_file *files, size_t *count)
{
    enum { HEADER = 30, FLAGS = 6, METHOD = 8, SIZE = 18, NAME_SIZE = 26, EXTRA_SIZE = 28 };
    if (bytes.length < HEADER || !text_starts(bytes, TEXT("PK\x03\x04")) ||
        (little_endian(bytes, FLAGS, 2) & FLAG_ENCRYPTED))
        return;
    unsigned method = little_endian(bytes, METHOD, 2);
    size_t name_size = little_endian(bytes, NAME_SIZE, 2);
    struct text name = without_folder(text_first(text_from(bytes, HEADER), name_size));
    if (!name.length)
        return;
    struct text data =
        text_from(bytes, HEADER + name_size + little_endian(bytes, EXTRA_SIZE, 2));
    BUFFER_AUTO out = {0};
    enum inflate_end end = INFLATE_CUT;
    if (method == METHOD_DEFLATED) {
        end = inflate_raw(data, limit, &out);
    } else if (method == METHOD_STORED) {
        data = text_first(data, little_endian(bytes, SIZE, 4));
        end = data.length > limit ? INFLATE_TOO_LARGE : INFLATE_CUT;
        buffer_add_text(&out, text_first(data, limit));
    } else {
        return;
    }
    files[(*count)++] = (struct inflate_file){
        .name = text_copy(arena, name),
        .bytes = text_copy(arena, buffer_text(&out)),
        .end = end,
    };
}

enum inflate_end inflate_zip(struct text bytes, size_t limit, struct arena *arena,
                             struct inflate_file files[INFLATE_ZIP_FILES], size_t *count)
{
    struct memory memory = {.bytes = bytes};
    zlib_filefunc64_def functions = {
        .zopen64_file = memory_open,
        .zread_file = memory_read,
        .zwrite_file = memory_write,
        .ztell64_file = memory_tell,
        .zseek64_file = memory_seek,
        .zclose_file = memory_close,
        .zerror_file = memory_close,
        .opaque = &memory,
    };
    *count = 0;
    __attribute__((cleanup(close_archive))) unzFile archive = unzOpen2_64("", &functions);
    enum inflate_end end = INFLATE_CUT;
    if (archive)
        end = read_directory(archive, limit, arena, files, count);
    else if (!text_starts(bytes, TEXT("PK\x03\x04")))
        end = INFLATE_EMPTY; /* minizip opens no archive of an end record alone */
    if (!*count)
        salvage(bytes, limit, arena, files, count);
    return end == INFLATE_EMPTY && *count ? INFLATE_CUT : end;
}
