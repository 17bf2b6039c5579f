/* What a CGI program (RFC 3875) that takes TLS reports by POST (RFC 8460 §3 and §5.4) makes of a
 * request. What the client sends decides which of these answers it gets; no byte of it is in one. */
#ifndef CLI_CGI_H
#define CLI_CGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "ingest/mail.h"

enum cgi_answer {
    CGI_FAULT = 0,  /* 500: the server is not set up, or the program is wrong */
    CGI_TAKEN,      /* 200: it is on disk, be it a duplicate or in quarantine */
    CGI_BAD_LENGTH, /* 400 */
    CGI_CUT_OFF,    /* 400: less came than was announced */
    CGI_NOT_POST,   /* 405 */
    CGI_TOO_SLOW,   /* 408 */
    CGI_TOO_LARGE,  /* 413 */
    CGI_WRONG_TYPE, /* 415 */
    CGI_NO_REPORT,  /* 422 */
    CGI_AGAIN,      /* 503: busy or full; the client is asked to come again */
    CGI_ANSWERS,
};

/* What stands in the environment of a CGI program; unknown where it is not set. */
struct cgi_request {
    struct text method, type, length;
};

/* The request of this process. */
struct cgi_request cgi_request_of_process(void);

/* What a request says of its body. */
struct cgi_body {
    bool announced;  /* it has a length */
    uint64_t length; /* bytes */
    enum reader_form form;
};

/* Whether the body is worth reading: CGI_TAKEN, or the answer to give. LIMIT is in bytes. BODY is set in
 * any case. */
enum cgi_answer cgi_check(const struct cgi_request *request, size_t limit,
                          struct cgi_body *body);

/* Reads BODY from FD, to its announced length or else to the end, within SECONDS. INTO, which is empty,
 * gets its first LIMIT bytes; what is beyond is read all the same, as a web server may write all of it
 * before it listens, and takes a closed pipe for a failure. CGI_TAKEN, or the answer to give. */
enum cgi_answer cgi_read_body(int fd, const struct cgi_body *body, size_t limit,
                              unsigned seconds, struct buffer *into);

/* The answer to a request of which the rest failed for WHY. */
enum cgi_answer cgi_answer_to(const struct error *why);

/* Appends the answer as a CGI program gives it: header fields, an empty line, one sentence. */
void cgi_format(struct buffer *out, enum cgi_answer answer);

#endif
