#include "cli/cgi.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"

/* ---- the request ---- */

static const struct {
    struct text type;
    enum reader_form form;
} types[] = {
    {TEXT_ROW("application/tlsrpt+gzip"), READER_BARE_CLAIMED},
    {TEXT_ROW("application/tlsrpt+json"), READER_BARE_CLAIMED},
    {TEXT_ROW("application/tlsrpt"), READER_BARE_CLAIMED},
    {TEXT_ROW("application/json"), READER_BARE},
    {TEXT_ROW("application/gzip"), READER_BARE},
    {TEXT_ROW("application/x-gzip"), READER_BARE},
    {TEXT_ROW("application/octet-stream"), READER_BARE},
    {TEXT_ROW(""), READER_BARE},
};

struct cgi_request cgi_request_of_process(void)
{
    return (struct cgi_request){.method = text_of(getenv("REQUEST_METHOD")),
                                .type = text_of(getenv("CONTENT_TYPE")),
                                .length = text_of(getenv("CONTENT_LENGTH"))};
}

/* Without the parameters that may follow it: charset and the like change nothing. */
static bool find_type(struct text type, enum reader_form *form)
{
    struct text media = text_trim(text_first(type, text_find_char(type, ';')));
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_equal_nocase(types[i].type, media) ||
            (!text_known(media) && !types[i].type.length)) {
            *form = types[i].form;
            return true;
        }
    return false;
}

enum cgi_answer cgi_check(const struct cgi_request *request, size_t limit,
                          struct cgi_body *body)
{
    *body = (struct cgi_body){.form = READER_BARE};
    body->announced = request->length.length > 0;
    if (body->announced && !text_unsigned(request->length, &body->length))
        return CGI_BAD_LENGTH;
    if (!text_equal(request->method, TEXT("POST")))
        return CGI_NOT_POST;
    if (!find_type(request->type, &body->form))
        return CGI_WRONG_TYPE;
    return body->announced && body->length > limit ? CGI_TOO_LARGE : CGI_TAKEN;
}

/* ---- the body ---- */

/* Waits for bytes, or the end, until DEADLINE (of time_milliseconds()). */
static bool wait_for_bytes(int fd, int64_t deadline)
{
    int64_t left;
    while ((left = deadline - time_milliseconds()) > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0)
            return true;
    }
    return false;
}

enum cgi_answer cgi_read_body(int fd, const struct cgi_body *body, size_t limit,
                              unsigned seconds, struct buffer *into)
{
    enum { STEP = 64 * 1024 };
    int64_t deadline = time_milliseconds() + (int64_t)seconds * 1000;
    uint64_t taken = 0, most = body->announced ? body->length : UINT64_MAX;
    while (taken < most) {
        size_t wanted = most - taken < STEP ? (size_t)(most - taken) : STEP;
        if (!wait_for_bytes(fd, deadline))
            return taken > limit ? CGI_TOO_LARGE : CGI_TOO_SLOW;
        buffer_reserve(into, wanted);
        ssize_t got = read(fd, into->at + into->length, wanted);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0 && taken <= limit && (body->announced || got < 0))
            return CGI_CUT_OFF;
        if (got <= 0)
            break;
        taken += (uint64_t)got;
        into->length = taken < limit ? (size_t)taken : limit;
    }
    return taken > limit ? CGI_TOO_LARGE : CGI_TAKEN;
}

/* ---- the answer ---- */

static const struct {
    const char *status, *field, *sentence;
} answers[CGI_ANSWERS] = {
    [CGI_FAULT] = {"500 Internal Server Error", "",
                   "The report was not taken; the server's log says why."},
    [CGI_TAKEN] = {"200 OK", "", "The report was taken."},
    [CGI_BAD_LENGTH] = {"400 Bad Request", "", "The length of the body is not a number."},
    [CGI_CUT_OFF] = {"400 Bad Request", "", "The body ends before its announced length."},
    [CGI_NOT_POST] = {"405 Method Not Allowed", "Allow: POST\n",
                      "This address takes SMTP TLS reports (RFC 8460) by POST."},
    [CGI_TOO_SLOW] = {"408 Request Timeout", "", "The body took too long to arrive."},
    [CGI_TOO_LARGE] = {"413 Content Too Large", "", "The body is larger than is taken here."},
    [CGI_WRONG_TYPE] = {"415 Unsupported Media Type", "",
                        "The type must be application/tlsrpt+gzip or application/tlsrpt+json."},
    [CGI_NO_REPORT] = {"422 Unprocessable Content", "",
                       "The body holds no SMTP TLS report (RFC 8460)."},
    [CGI_AGAIN] = {"503 Service Unavailable", "Retry-After: 300\n",
                   "The report cannot be taken now; please send it again later."},
};

enum cgi_answer cgi_answer_to(const struct error *why)
{
    return why->code == ERROR_TRY_AGAIN ? CGI_AGAIN : CGI_FAULT;
}

void cgi_format(struct buffer *out, enum cgi_answer answer)
{
    buffer_format(out, "Status: %s\nContent-Type: text/plain\n%s\n%s\n", answers[answer].status,
                  answers[answer].field, answers[answer].sentence);
}
