#include "observe/certificate_file.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/vector.h"
#include "observe/certificate.h"

enum { CERTIFICATES_MAX = 32 };

/* A file with a key in it may ask for its password: nobody answers. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static STACK_OF(X509) * read_all(struct text text)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    BIO *bio = BIO_new_mem_buf(text.at, (int)text.length);
    X509 *one;
    if (!all || !bio)
        memory_exhausted();
    while (sk_X509_num(all) < CERTIFICATES_MAX &&
           (one = PEM_read_bio_X509(bio, NULL, no_password, NULL)))
        if (!sk_X509_push(all, one))
            memory_exhausted();
    BIO_free(bio);
    ERR_clear_error();
    return all;
}

bool certificate_file_read(struct text text, struct text extra_ca, struct arena *arena,
                           struct observation *observation, struct error *err)
{
    const struct text host = TEXT("certificate.invalid");
    X509_STORE_AUTO *store = certificate_store(extra_ca, err);
    if (!store)
        return false;
    if (text.length > INT_MAX)
        return error_set(err, ERROR_INPUT, "it is too large for a certificate");
    STACK_OF(X509) *all = read_all(text);
    bool found = sk_X509_num(all) > 0;
    *observation = *observation_new(arena, host, time_now());
    if (found) {
        struct observed_smtp probe = {.mx = host, .status = SMTP_OK, .starttls = ANSWER_YES};
        probe.certificate =
            certificate_observe(sk_X509_value(all, 0), all, store, host, arena, &probe.detail);
        probe.chain = certificate_chain(all, arena);
        VECTOR_ADD(arena, &observation->smtp, probe);
    }
    sk_X509_pop_free(all, X509_free);
    return found || error_set(err, ERROR_INPUT, "there is no certificate in PEM form in it");
}
