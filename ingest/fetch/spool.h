/* Where mails lie until they are read and stored: files of some megabytes in a folder that tlsrpt made and
 * will remove. So the connection never waits for whoever reads the mails. */
#ifndef FETCH_SPOOL_H
#define FETCH_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum { SPOOL_FILE_SIZE = 8 << 20, SPOOL_FILES_MOST = 32 };

struct spool {
    const char *folder; /* ends in NUL */
    int fd;             /* of the file at hand; -1: none */
    uint32_t file;      /* its number, from 1 */
    uint32_t oldest;    /* the first file that is still there */
    uint64_t length;    /* of it */
    uint64_t start;     /* where the mail that is being written begins */
};

/* A file's path in BUFFER, which is returned. */
#define SPOOL_PATH_SIZE 4096
const char *spool_path(const char *folder, uint64_t file, char buffer[SPOOL_PATH_SIZE]);

void spool_start(struct spool *spool, const char *folder);

/* A mail begins; one that was begun and not kept is forgotten. */
bool spool_begin(struct spool *spool, struct error *err);
bool spool_add(struct spool *spool, struct text piece, struct error *err);

/* Cuts the mail that is being written to LENGTH bytes. */
bool spool_cut(struct spool *spool, uint64_t length, struct error *err);

/* What was written stays: from spool->start, LENGTH bytes in spool->file. */
void spool_keep(struct spool *spool);

/* Bytes of the mail that is being written. */
uint64_t spool_written(const struct spool *spool);

/* Removes the files before FILE. */
void spool_release(struct spool *spool, uint32_t file);

/* Whether so much waits that no more should be fetched. */
bool spool_is_full(const struct spool *spool);

/* Removes all files. */
void spool_end(struct spool *spool);

#endif
