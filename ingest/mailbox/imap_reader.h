/* Cuts what an IMAP server sends into responses. Bytes go in as they come, in pieces of any size;
 * responses and the bytes of mails come out. It keeps no mail: the body of a FETCH passes through. A
 * server can send what it likes; lines, literals and memory are bounded. */
#ifndef MAILBOX_IMAP_READER_H
#define MAILBOX_IMAP_READER_H

#include "base/buffer.h"
#include "base/error.h"
#include "mailbox/imap_response.h"

enum {
    IMAP_LINE_MAX = 64 * 1024, /* bytes of a response but for the bodies in it */
    IMAP_LITERALS_MAX = 16,    /* in one response */
};
#define IMAP_BODY_MAX (UINT64_C(2) << 30) /* bytes of a body that is read at all */

struct imap_events {
    void *context;
    /* A body begins; what came of an earlier one in the same response is to be forgotten. */
    bool (*body_begin)(void *context, struct error *err);
    bool (*body)(void *context, struct text piece, struct error *err);
    /* A response is complete: only now is known whose body it was. Valid during the call. */
    bool (*response)(void *context, const struct imap_response *response, struct error *err);
};

struct imap_reader {
    struct imap_events events;
    struct buffer line, small, scratch; /* small: the literals that are no bodies */
    struct imap_literal literals[IMAP_LITERALS_MAX];
    size_t small_at[IMAP_LITERALS_MAX]; /* where each begins in small */
    size_t literal_count;
    uint64_t literal_left; /* bytes that are still to come */
};

/* Takes BYTES. False with ERROR_UNAVAILABLE where the server cannot be followed any more, or with the
 * error of an event that returned false. */
bool imap_reader_take(struct imap_reader *reader, struct text bytes, struct error *err);

void imap_reader_free(struct imap_reader *reader);

#endif
