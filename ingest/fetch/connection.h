/* A connection to an IMAP server, encrypted and logged in: libcurl makes it, and bytes go over it.
 * Nothing is ever sent without TLS but STARTTLS itself, and nothing to a server whose certificate does
 * not verify. */
#ifndef FETCH_CONNECTION_H
#define FETCH_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "fetch/secret.h"
#include "mailbox/fetch_job.h"

struct connection;

/* To be called once, before any other. */
bool connection_start(struct error *err);

/* Connects and logs in as JOB says. Null with ERROR_UNAVAILABLE and the server's own words. *LASTING: trying
 * again with the same secret will not help. */
struct connection *connection_open(const struct fetch_job *job, const struct secret *secret,
                                   bool *lasting, struct error *err);
void connection_close(struct connection *connection);

/* Sends all of TEXT. */
bool connection_send(struct connection *connection, struct text text, struct error *err);

enum received {
    RECEIVED_BYTES,
    RECEIVED_NOTHING, /* in that time */
    RECEIVED_OTHER,   /* the other descriptor can be read */
    RECEIVED_END,     /* the connection is closed or broken */
};

/* Receives up to ROOM bytes to AT, *LENGTH of them. Waits MILLISECONDS at most, and until OTHER (-1: none)
 * can be read. */
enum received connection_receive(struct connection *connection, char *at, size_t room,
                                 size_t *length, int other, int milliseconds);

/* What is known of the server's certificate: subject, names, issuer, end; in ARENA. */
struct text connection_certificate(struct connection *connection, struct arena *arena);

#endif
