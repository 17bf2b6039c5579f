/* The password or token of a mailbox: printed by a command of the user, never kept anywhere. */
#ifndef FETCH_SECRET_H
#define FETCH_SECRET_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

enum { SECRET_MAX = 16 * 1024 };

struct secret {
    char text[SECRET_MAX + 1]; /* ends in NUL */
};

/* Runs COMMAND by /bin/sh -c; the first line that it prints is the secret. It has a minute; what it says
 * on standard error is seen. False with ERROR_UNAVAILABLE. */
bool secret_get(struct text command, struct secret *secret, struct error *err);

/* Overwrites it: for __attribute__((cleanup)). */
void secret_forget(struct secret *secret);

#endif
