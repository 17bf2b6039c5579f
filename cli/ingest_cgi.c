#include "cli/ingest_cgi.h"

#include <unistd.h>

#include "cli/cgi.h"
#include "cli/ingest.h"
#include "cli/output.h"

static void print_answer(enum cgi_answer answer)
{
    BUFFER_AUTO out = {0};
    cgi_format(&out, answer);
    output_buffer(&out);
}

/* Reads the body, which INPUT gets, and how it is to be read, for READER. */
static enum cgi_answer read_request(const struct cgi_request *request,
                                    struct reader_options *reader, struct ingest_input *input)
{
    struct cgi_body body;
    enum cgi_answer answer = cgi_check(request, reader->limits.mail_size, &body);
    /* Of a bad request too: its server may be writing still. */
    enum cgi_answer read = cgi_read_body(STDIN_FILENO, &body, reader->limits.mail_size,
                                         reader->limits.worker_seconds, &input->bytes);
    reader->form = body.form;
    input->size = input->bytes.length;
    input->whole = true;
    return answer == CGI_TAKEN ? read : answer;
}

/* What becomes of a request whose body has been read. */
static enum cgi_answer take_report(const struct invocation *inv,
                                   const struct ingest_options *options,
                                   const struct ingest_input *input)
{
    struct ingest_counts counts = {0};
    struct error err;
    if (!ingest_in_memory(inv, options, input, TEXT("an https report"), &counts, &err)) {
        output_error(&err, true);
        return cgi_answer_to(&err);
    }
    return counts.outcomes[OUTCOME_IGNORED] ? CGI_NO_REPORT : CGI_TAKEN;
}

bool ingest_cgi(const struct invocation *inv, const struct ingest_options *options,
                struct error *err)
{
    __attribute__((cleanup(ingest_input_free))) struct ingest_input input = {0};
    struct cgi_request request = cgi_request_of_process();
    struct ingest_options own = *options;
    if (inv->arguments.count)
        return error_set(err, ERROR_USAGE, "--cgi takes no argument: the report comes by POST");
    if (!text_known(request.method))
        return error_set(err, ERROR_USAGE,
                         "--cgi is for web servers: REQUEST_METHOD is not in the environment");
    enum cgi_answer answer = read_request(&request, &own.reader, &input);
    if (answer == CGI_TAKEN)
        answer = take_report(inv, &own, &input);
    print_answer(answer);
    return true;
}

void ingest_cgi_failed(const struct error *why)
{
    const struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    struct cgi_request request = cgi_request_of_process();
    struct cgi_body body;
    BUFFER_AUTO unread = {0};
    if (text_known(request.method) &&
        cgi_check(&request, limits.mail_size, &body) != CGI_BAD_LENGTH)
        cgi_read_body(STDIN_FILENO, &body, 0, limits.worker_seconds, &unread);
    print_answer(cgi_answer_to(why));
}
