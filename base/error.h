/* The one error type: a code for the program, a sentence for people. The sentence says what
 * went wrong, where, and what to do about it. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_USAGE,       /* the command line is wrong */
    ERROR_INPUT,       /* what came from outside cannot be used */
    ERROR_UNAVAILABLE, /* a service does not answer */
    ERROR_BUG,         /* this program is wrong */
    ERROR_IO,          /* reading or writing failed */
    ERROR_TRY_AGAIN,   /* busy or full now: the same call may go through later */
    ERROR_CONFIG,      /* the configuration is wrong */
};

struct error {
    enum error_code code;
    char text[512]; /* ends in NUL, one line, never a byte of a report unescaped */
};

/* Sets *ERR, unless ERR is null. Always returns false, so that a function can
 * `return error_set(err, …)`. */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts the formatted text and ": " before the sentence of *ERR: where it happened. Returns
 * false. */
bool error_prefix(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The exit status of sysexits.h for CODE; 0 for ERROR_NONE. */
int error_exit_status(enum error_code code);

/* What happens when memory runs out: the process ends with STATUS, without a core and without
 * a word. The default is 75 (EX_TEMPFAIL); a worker sets its own. */
void memory_exhausted_status(int status);

/* Ends the process as memory_exhausted_status() says. */
void memory_exhausted(void) __attribute__((noreturn));

#endif
