#include "fetch/refusal.h"

#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

/* ---- what the server said ---- */

static void keep(char *to, struct text text)
{
    snprintf(to, REFUSAL_TEXT, "%.*s", TEXT_ARGS(text_first(text, REFUSAL_TEXT - 1)));
}

/* A challenge after a refused token is the reason, as JSON in base64 (RFC 7628 §3.2.2). */
static void note_challenge(struct refusal *refusal, struct text base64)
{
    unsigned char decoded[REFUSAL_TEXT];
    base64 = text_first(text_trim(base64), (REFUSAL_TEXT - 1) / 3 * 4);
    if (!base64.length)
        return;
    int length = EVP_DecodeBlock(decoded, (const unsigned char *)base64.at, (int)base64.length);
    if (length > 0 && decoded[0] == '{')
        keep(refusal->detail, text_trim((struct text){
                                  (char *)decoded, strnlen((char *)decoded, (size_t)length)}));
}

void refusal_note(struct refusal *refusal, struct text line)
{
    struct text first, word;
    line = text_trim(line);
    if (!text_next(&line, ' ', &first) || !text_known(line))
        return;
    if (text_equal(first, TEXT("+"))) {
        note_challenge(refusal, line);
        return;
    }
    text_next(&line, ' ', &word);
    if (text_known(line) &&
        (text_equal_nocase(word, TEXT("NO")) || text_equal_nocase(word, TEXT("BAD")) ||
         text_equal_nocase(word, TEXT("BYE"))))
        keep(refusal->text, line);
}

/* ---- what to do ---- */

static const struct {
    long verified; /* X509_V_ERR_… */
    const char *words;
} certificate_words[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED,
     "has expired: it has to be renewed at the server. Nothing was sent to it"},
    {X509_V_ERR_CERT_NOT_YET_VALID,
     "is not valid yet: check the clock of this machine. Nothing was sent to it"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
     "is self-signed, and not trusted here: name it with ca-file if that is meant. Nothing was "
     "sent to "
     "it"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "comes from an authority that is not trusted here: "
                                           "name its certificate with ca-file if that is "
                                           "meant. Nothing was sent to it"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     "comes from an authority that is not trusted here: name its certificate with ca-file if "
     "that is "
     "meant, or the server does not send its chain. Nothing was sent to it"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
     "comes from an authority that is not trusted here: name its certificate with ca-file if "
     "that is "
     "meant, or the server does not send its chain. Nothing was sent to it"},
};

static bool explain_certificate(long verified, const char *said, const struct fetch_job *job,
                                struct error *err)
{
    for (size_t i = 0; i < sizeof certificate_words / sizeof *certificate_words; i++)
        if (certificate_words[i].verified == verified)
            return error_set(err, ERROR_UNAVAILABLE, "the certificate of %.*s %s",
                             TEXT_ARGS(job->host), certificate_words[i].words);
    if (verified == X509_V_OK)
        return error_set(
            err, ERROR_UNAVAILABLE,
            "the certificate of %.*s is for other names: as host, use one that it is for "
            "(%s). Nothing was sent to it",
            TEXT_ARGS(job->host), said);
    return error_set(err, ERROR_UNAVAILABLE,
                     "the certificate of %.*s does not verify (%s). Nothing was sent to it",
                     TEXT_ARGS(job->host), said);
}

/* What a server's text on a refused login hints at; the first that fits. */
static const struct {
    struct text hint;
    const char *words;
} login_words[] = {
    {TEXT_ROW("application-specific"),
     "this account wants an app password: make one in its security settings, for "
     "password-command to print"},
    {TEXT_ROW("app password"),
     "this account wants an app password: make one in its security settings, for "
     "password-command to print"},
    {TEXT_ROW("web browser"),
     "the provider wants a sign-in in a browser first, or OAuth: auth = xoauth2 with a "
     "token-command"},
    {TEXT_ROW("basicauth"),
     "passwords are switched off there: use auth = xoauth2 with a token-command"},
    {TEXT_ROW("imap access is disabled"), "switch IMAP on in the settings of the account"},
    {TEXT_ROW("imap is disabled"), "switch IMAP on in the settings of the account"},
    {TEXT_ROW("not enabled for imap"), "switch IMAP on in the settings of the account"},
    {TEXT_ROW("too many"),
     "the server has too many connections or logins: wait, or close others"},
    {TEXT_ROW("rate"), "the server wants fewer logins: wait"},
};

static const char *login_advice(struct text said, const struct fetch_job *job)
{
    for (size_t i = 0; i < sizeof login_words / sizeof *login_words; i++)
        if (text_find_nocase(said, login_words[i].hint) != SIZE_MAX)
            return login_words[i].words;
    if (job->auth == AUTH_PASSWORD)
        return "check user and password-command; where sign-in has two steps it wants an app "
               "password, Google Workspace and Microsoft 365 want auth = xoauth2, and IMAP may "
               "be "
               "switched off";
    return "check that token-command prints a fresh access token for this user with the scope "
           "for "
           "IMAP, and that IMAP is switched on";
}

static bool explain_login(const struct refusal *refusal, const struct fetch_job *job,
                          struct error *err)
{
    bool more = *refusal->detail && *refusal->text;
    struct text said = text_of(*refusal->text ? refusal->text : refusal->detail);
    return error_set(err, ERROR_UNAVAILABLE,
                     "the server refused the login of %.*s: \"%.*s%s%.*s\": %s",
                     TEXT_ARGS(text_first(job->user, 60)), TEXT_ARGS(text_first(said, 120)),
                     more ? ", " : "", more ? 80 : 0, refusal->detail, login_advice(said, job));
}

static const struct {
    CURLcode code;
    bool lasting;
    const char *words;
} code_words[] = {
    {CURLE_COULDNT_RESOLVE_HOST, false, "its name has no address in DNS: check host"},
    {CURLE_COULDNT_CONNECT, false,
     "nothing answers there: check host and port (993 for tls = implicit, 143 for starttls), "
     "and "
     "whether IMAP is switched on"},
    {CURLE_OPERATION_TIMEDOUT, false,
     "it does not answer in time: check host, port and tls (implicit at 993, starttls at 143)"},
    {CURLE_USE_SSL_FAILED, true,
     "it offers no STARTTLS, and nothing is sent without TLS: use tls = implicit (port 993)"},
    {CURLE_SSL_CONNECT_ERROR, false,
     "TLS does not come about: check port and tls (implicit at 993, starttls at 143)"},
    {CURLE_SSL_CACERT_BADFILE, true, "the file of ca-file cannot be used"},
    {CURLE_WEIRD_SERVER_REPLY, false, "it does not speak IMAP as it should"},
};

bool refusal_explain(const struct refusal *refusal, CURLcode code, long verified,
                     const char *said, const struct fetch_job *job, bool *lasting,
                     struct error *err)
{
    *lasting = false;
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        *lasting = true;
        return explain_certificate(verified, said, job, err);
    }
    if (code == CURLE_LOGIN_DENIED || code == CURLE_REMOTE_ACCESS_DENIED || *refusal->detail) {
        *lasting = true;
        return explain_login(refusal, job, err);
    }
    const char *words = NULL;
    for (size_t i = 0; i < sizeof code_words / sizeof *code_words; i++)
        if (code_words[i].code == code) {
            words = code_words[i].words;
            *lasting = code_words[i].lasting;
        }
    const char *own = *refusal->text ? refusal->text : said;
    return error_set(err, ERROR_UNAVAILABLE, "no connection to %.*s at port %u (%.150s)%s%s",
                     TEXT_ARGS(job->host), (unsigned)job->port, own, words ? ": " : "",
                     words ? words : "");
}
