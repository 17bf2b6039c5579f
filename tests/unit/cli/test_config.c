#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/time.h"
#include "cli/config.h"

static bool parse(struct arena *arena, struct text bytes, struct config *config)
{
    return config_parse(bytes, TEXT("/etc/tlsrpt/t.conf"), arena, config);
}

static void every_key_of_the_contract_is_read(void **state)
{
    (void)state;
    static const char file[] =
        "# a comment\n"
        "[tlsrpt]\n"
        "db = /var/lib/tlsrpt/tlsrpt.db\n"
        "authserv-id = MX.example.net\n"
        "former-vendors = oldvendor.example; Bücher.example,\n"
        "silent-after = 2w\n"
        "resolver = 127.0.0.1@5300\n"
        "trust-anchor = root.key\n"
        "policy-ca = /etc/ssl/ca.pem\n"
        "connect-to = mta-sts.example.com:443:[::1]:8443; ::127.0.0.1:25\n"
        "smtp-port = 2525\n"
        "allow-private-addresses = TRUE\n"
        "mail-from = tlsrpt@example.net\n"
        "mail-to = postmaster@example.net, ops@example.net\n"
        "max-mail-size = 1M\n"
        "max-report-size = 512 KiB\n"
        "max-mime-depth = 5\n"
        "max-json-depth = 9\n"
        "max-failure-rows = 10\n"
        "worker-time = 5\n"
        "worker-memory = 1G\n"
        "quarantine-max = 0\n"
        "max-reports-a-day = 100\n"
        "max-unauthenticated-a-day = 200\n"
        "retention = 400d\n"
        "\n"
        "[domain Example.COM.]\n"
        "client = Example Ltd\n"
        "owner = Client IT\n"
        "sts-owner = Client\\sWeb\n"
        "model = agency\n"
        "rua = mailto:tlsrpt@example.com; https://tls.example/report\n"
        "dns-host = Example DNS\n"
        "priority = high\n"
        "compliance = yes\n"
        "stage = transport\n"
        "dkim-selectors = s1; s2\n"
        "mail-to = it@example.com\n"
        "notify = /usr/sbin/sendmail -t\n";
    ARENA_AUTO arena = {0};
    struct config c;
    if (!parse(&arena, text_of(file), &c) || c.fault_count)
        fail_msg("line %u: %.*s", c.faults[0].line, TEXT_ARGS(c.faults[0].text));
    assert_true(text_equal(c.db, TEXT("/var/lib/tlsrpt/tlsrpt.db")));
    assert_true(text_equal(c.authserv_id, TEXT("mx.example.net")));
    assert_int_equal(c.former_vendors.count, 2);
    assert_true(text_equal(c.former_vendors.at[1], TEXT("xn--bcher-kva.example")));
    assert_int_equal(c.silent_after, 14 * TIME_DAY);
    assert_true(text_equal(c.resolver, TEXT("127.0.0.1@5300")));
    assert_true(text_equal(c.trust_anchor, TEXT("/etc/tlsrpt/root.key")));
    assert_true(text_equal(c.policy_ca, TEXT("/etc/ssl/ca.pem")));
    assert_int_equal(c.connect_to.count, 2);
    assert_true(text_equal(c.connect_to.at[1], TEXT("::127.0.0.1:25")));
    assert_int_equal(c.smtp_port, 2525);
    assert_true(c.allow_private_addresses);
    assert_true(text_equal(c.mail_from, TEXT("tlsrpt@example.net")));
    assert_int_equal(c.mail_to.count, 2);
    assert_int_equal(c.limits.mail_size, 1 << 20);
    assert_int_equal(c.limits.report_size, 512 << 10);
    assert_int_equal(c.limits.mime_depth, 5);
    assert_int_equal(c.limits.json_depth, 9);
    assert_int_equal(c.limits.failure_rows, 10);
    assert_int_equal(c.limits.worker_seconds, 5);
    assert_int_equal(c.limits.worker_memory, 1 << 30);
    assert_int_equal(c.quarantine_max, 0);
    assert_int_equal(c.max_reports_a_day, 100);
    assert_int_equal(c.max_unauthenticated_a_day, 200);
    assert_int_equal(c.retention, 400 * TIME_DAY);
    const struct config_domain *d = config_domain(&c, TEXT("example.com"));
    assert_non_null(d);
    assert_int_equal(d->line, 27);
    assert_true(text_equal(d->client, TEXT("Example Ltd")));
    assert_true(text_equal(d->owner, TEXT("Client IT")));
    assert_true(text_equal(d->sts_owner, TEXT("Client Web")));
    assert_int_equal(d->model, MODEL_AGENCY);
    assert_int_equal(d->rua.count, 2);
    assert_true(text_equal(d->dns_host, TEXT("Example DNS")));
    assert_int_equal(d->priority, PRIORITY_HIGH);
    assert_true(d->compliance);
    assert_int_equal(d->stage, STAGE_TRANSPORT);
    assert_int_equal(d->dkim_selectors.count, 2);
    assert_true(text_equal(d->mail_to.at[0], TEXT("it@example.com")));
    assert_true(text_equal(d->notify, TEXT("/usr/sbin/sendmail -t")));
}

static void a_mailbox_has_defaults_and_keeps_no_secret(void **state)
{
    (void)state;
    static const char file[] = "[mailbox work]\n"
                               "host = imap.example.net\n"
                               "user = tlsrpt@example.net\n"
                               "password-command = pass show imap\n"
                               "after = move Archive/TLS reports\n"
                               "after-failed = seen\n"
                               "[mailbox cloud]\n"
                               "host = imap.example.org\n"
                               "user = u\n"
                               "tls = starttls\n"
                               "auth = xoauth2\n"
                               "token-command = token\n"
                               "folder = Reports\n"
                               "ca-file = ca.pem\n"
                               "max-size = 5M\n"
                               "port = 1143\n"
                               "[tlsrpt]\n"
                               "max-mail-size = 2M\n";
    ARENA_AUTO arena = {0};
    struct config c;
    if (!parse(&arena, text_of(file), &c) || c.fault_count)
        fail_msg("line %u: %.*s", c.faults[0].line, TEXT_ARGS(c.faults[0].text));
    const struct config_mailbox *m = config_mailbox(&c, TEXT("work"));
    assert_non_null(m);
    assert_int_equal(m->port, 993);
    assert_int_equal(m->tls, TLS_IMPLICIT);
    assert_true(text_equal(m->folder, TEXT("INBOX")));
    assert_int_equal(m->after.kind, MAIL_MOVE);
    assert_true(text_equal(m->after.folder, TEXT("Archive/TLS reports")));
    assert_int_equal(m->after_failed.kind, MAIL_SEEN);
    assert_int_equal(m->max_size, 2 << 20);
    m = config_mailbox(&c, TEXT("cloud"));
    assert_non_null(m);
    assert_int_equal(m->port, 1143);
    assert_int_equal(m->tls, TLS_STARTTLS);
    assert_int_equal(m->auth, AUTH_XOAUTH2);
    assert_int_equal(m->max_size, 5 << 20);
    assert_true(text_equal(m->ca_file, TEXT("/etc/tlsrpt/ca.pem")));
}

struct fault_example {
    const char *file;
    unsigned line;
    bool is_error;
    const char *says; /* the beginning */
};

#define WORK "[mailbox w]\nhost = a.example\nuser = u\n"

static const struct fault_example fault_examples[] = {
    {"db = x\n[tlsrpt]\n", 1, true, "db stands before any section: write [tlsrpt] above it"},
    {"[tlsrpt]\n\nnonsense\n", 3, true, "is neither [SECTION] nor KEY = VALUE"},
    {"[tlsrpt]\n; a comment\n", 2, true, "is neither [SECTION] nor KEY = VALUE; a comment beg"},
    {"[tlsrpt]\n = x\n", 2, true, "is neither [SECTION] nor KEY = VALUE"},
    {"[tlsrpt\ndb = x\n", 1, true, "a section's line ends with its ]"},
    {"[tlsrpt] # comment\n", 1, true, "a section's line ends with its ]"},
    {"[tlsrpt]\nmail-from = a\xff@example.net\n", 2, true, "is not UTF-8"},
    {"[tlsrpt]\nfrobnicate = 1\n", 2, false, "frobnicate is unknown and passed over"},
    {"[tlsrpt]\nEncoding = Latin-1\n", 2, false, "Encoding is unknown and passed over"},
    {"[tlsrpt]\nresolvr = ::1\n", 2, false,
     "resolvr is unknown and passed over; did you mean resolver?"},
    {"[tlsrpt]\nowner = me\n", 2, false,
     "owner is no key of [tlsrpt]: it belongs to [domain NAME]"},
    {"[general]\ndb = x\n", 1, false,
     "the section [general] is unknown and passed over: there"},
    {"[tlsrtp]\n", 1, false,
     "the section [tlsrtp] is unknown and passed over; did you mean [tlsrpt]?"},
    {"[tlsrpt x]\n", 1, true, "[tlsrpt] has no name: write [tlsrpt]"},
    {"[domain]\n", 1, true, "the section lacks its name: write [domain NAME]"},
    {"[domain exa mple.com]\n", 1, true, "\"exa mple.com\" is no domain name"},
    {"[domain a.example]\n[domain A.example.]\n", 2, false,
     "[domain a.example] is there already, in line 1: the two count as one"},
    {"[tlsrpt]\ndb = /a\ndb = /b\n", 3, false, "db is set in line 2 too: this one counts"},
    {"[tlsrpt]\ndb =\n", 2, false, "db has no value, as if it were not there"},
    {"[tlsrpt]\ndb = /a # here\n", 2, false, "what follows \" # \" is part of the value"},
    {"[domain a.example]\nnotify = a\\d\n", 2, true,
     "notify has a wrong escape: write \\\\ for a backslash"},
    {"[domain a.example]\nclient = a\\nb\n", 2, true,
     "client cannot be \"a\nb\": write it with"},
    {"[tlsrpt]\nauthserv-id = a b\n", 2, true, "authserv-id cannot be \"a b\": write one name"},
    {"[tlsrpt]\nformer-vendors = a.example; nodot\n", 2, true, "former-vendors cannot be "},
    {"[tlsrpt]\nsilent-after = 7\n", 2, true,
     "silent-after cannot be \"7\": write a time from 1h to 3650d with its unit: s, m, h, d "
     "or"},
    {"[tlsrpt]\nsilent-after = 1s\n", 2, true, "silent-after cannot be \"1s\""},
    {"[tlsrpt]\nresolver = dns.example\n", 2, true, "resolver cannot be "},
    {"[tlsrpt]\nresolver = 127.0.0.1@0\n", 2, true, "resolver cannot be "},
    {"[tlsrpt]\nconnect-to = a.example:443:b.example\n", 2, true, "connect-to cannot be "},
    {"[tlsrpt]\nsmtp-port = 65536\n", 2, true,
     "smtp-port cannot be \"65536\": write a number from 1 to 65535"},
    {"[tlsrpt]\nsmtp-port = smtp\n", 2, true, "smtp-port cannot be \"smtp\""},
    {"[tlsrpt]\nallow-private-addresses = on\n", 2, true,
     "allow-private-addresses cannot be \"on\": write yes or no"},
    {"[tlsrpt]\nmail-from = Postmaster\n", 2, true,
     "mail-from cannot be \"Postmaster\": write"},
    {"[tlsrpt]\nmail-to = a@b.example; <c@d.example>\n", 2, true, "mail-to cannot be "},
    {"[tlsrpt]\nmax-mail-size = 2G\n", 2, true,
     "max-mail-size cannot be \"2G\": write a size from 1 to 1G, such as 32M"},
    {"[tlsrpt]\nmax-mail-size = 0\n", 2, true, "max-mail-size cannot be \"0\""},
    {"[tlsrpt]\nmax-mail-size = 1MB\n", 2, true, "max-mail-size cannot be \"1MB\""},
    {"[tlsrpt]\nmax-mail-size = 99999999999999999999\n", 2, true, "max-mail-size cannot be "},
    {"[tlsrpt]\nquarantine-max = 17179869184G\n", 2, true, "quarantine-max cannot be "},
    {"[tlsrpt]\nmax-json-depth = -1\n", 2, true, "max-json-depth cannot be \"-1\": write"},
    {"[tlsrpt]\nworker-time = 2h\n", 2, true,
     "worker-time cannot be \"2h\": write a time from"},
    {"[domain a.example]\nmodel = owner\n", 2, true,
     "model cannot be \"owner\": write one of client, agency, platform"},
    {"[domain a.example]\nrua = tlsrpt@a.example\n", 2, true, "rua cannot be "},
    {"[domain a.example]\nrua = https://\n", 2, true, "rua cannot be "},
    {"[domain a.example]\nstage = done\n", 2, true,
     "stage cannot be \"done\": write one of basic, operational, reporting, transport, "
     "ongoing"},
    {"[domain a.example]\ndkim-selectors = s1 s2\n", 2, true, "dkim-selectors cannot be "},
    {"[domain a.example]\ncompliance = maybe\n", 2, true, "compliance cannot be \"maybe\""},
    {"[mailbox w]\nuser = u\npassword-command = p\n", 1, true, "[mailbox w] needs host"},
    {"[mailbox w]\nhost = a.example\npassword-command = p\n", 1, true,
     "[mailbox w] needs user"},
    {WORK, 1, true, "[mailbox w] needs password-command"},
    {WORK "auth = xoauth2\npassword-command = p\n", 1, true, "[mailbox w] needs token-command"},
    {WORK "password-command = p\npassword = secret\n", 5, false,
     "password is unknown and passed over; did you mean password-command?"},
    {WORK "password-command = p\ntls = never\n", 5, true,
     "tls cannot be \"never\": write one of implicit, starttls"},
    {WORK "password-command = p\nafter = move\n", 5, true,
     "after cannot be \"move\": write leave, seen, delete, or move and a folder"},
};

static void each_fault_is_told_with_its_line_and_what_to_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fault_examples / sizeof *fault_examples; i++) {
        const struct fault_example *e = &fault_examples[i];
        ARENA_AUTO arena = {0};
        struct config c;
        bool good = parse(&arena, text_of(e->file), &c);
        if (c.fault_count != 1)
            fail_msg("%s has %zu faults", e->file, c.fault_count);
        assert_int_equal(good, !e->is_error);
        assert_int_equal(c.faults[0].is_error, e->is_error);
        assert_int_equal(c.faults[0].line, e->line);
        if (!text_starts(c.faults[0].text, text_of(e->says)))
            fail_msg("\"%.*s\" instead of \"%s\"", TEXT_ARGS(c.faults[0].text), e->says);
    }
}

static void all_faults_are_listed_by_line(void **state)
{
    (void)state;
    static const char file[] = "\xef\xbb\xbf[tlsrpt]\r\nsmtp-port = x\r\nnonsense\r\n"
                               "frob = 1\r\n[domain a]\r\nfrob = 1\r\nsmtp-port = 1\r\n"
                               "[domain b.example]\r\n\tmodel = agency\r\nstage = x";
    static const unsigned lines[] = {2, 3, 4, 5, 10};
    ARENA_AUTO arena = {0};
    struct config c;
    assert_false(parse(&arena, text_of(file), &c));
    assert_int_equal(c.fault_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(c.faults[i].line, lines[i]);
    assert_int_equal(c.domain_count, 1);
    assert_int_equal(c.domains[0].model, MODEL_AGENCY);
    assert_true(
        text_equal(config_fault_text(&arena, &c, &c.faults[4]),
                   TEXT("/etc/tlsrpt/t.conf:10: error: stage cannot be \"x\": write one "
                        "of basic, operational, reporting, transport, ongoing")));
}

static void a_nul_byte_is_an_error_of_its_line(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct config c;
    assert_false(parse(&arena, TEXT("[tlsrpt]\ndb = /a\0b\n"), &c));
    assert_int_equal(c.fault_count, 1);
    assert_int_equal(c.faults[0].line, 2);
}

static void two_sections_of_a_domain_are_taken_together(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct config c;
    assert_true(parse(&arena,
                      TEXT("[domain a.example]\nowner = one\nclient = c\ndkim-selectors = x\n"
                           "[domain A.EXAMPLE]\nowner = two\ndkim-selectors = y\n"),
                      &c));
    assert_int_equal(c.domain_count, 1);
    assert_true(text_equal(c.domains[0].owner, TEXT("two")));
    assert_true(text_equal(c.domains[0].client, TEXT("c")));
    assert_int_equal(c.domains[0].dkim_selectors.count, 1);
    assert_int_equal(c.fault_count, 3);
}

static void an_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct config c;
    struct ingest_limits limits = INGEST_LIMITS_DEFAULT;
    assert_true(parse(&arena, TEXT(""), &c));
    assert_int_equal(c.fault_count, 0);
    assert_int_equal(c.smtp_port, 25);
    assert_int_equal(c.silent_after, 7 * TIME_DAY);
    assert_int_equal(c.quarantine_max, 1 << 30);
    assert_int_equal(c.limits.mail_size, limits.mail_size);
    assert_int_equal(c.limits.worker_memory, limits.worker_memory);
    assert_null(config_domain(&c, TEXT("a.example")));
}

static void a_file_full_of_faults_or_domains_is_read_in_no_time(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    BUFFER_AUTO file = {0};
    struct config c;
    for (int i = 0; i < 20000; i++)
        buffer_format(&file, "[domain d%d.example]\nowner = o%d\nfrob = 1\n", i, i);
    assert_true(parse(&arena, buffer_text(&file), &c));
    assert_int_equal(c.fault_count, CONFIG_FAULTS_MAX);
    assert_int_equal(c.domain_count, 20000);
    const struct config_domain *d = config_domain(&c, TEXT("d19999.example"));
    assert_non_null(d);
    assert_true(text_equal(d->owner, TEXT("o19999")));
}

static void a_file_that_cannot_be_read_or_is_wrong_is_a_config_error(void **state)
{
    (void)state;
    ARENA_AUTO arena = {0};
    struct config c;
    struct error err = {0};
    assert_false(config_read("/none/t.conf", &arena, &c, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
    assert_string_equal(
        err.text, "/none/t.conf: cannot open the configuration: No such file or directory");
    assert_false(config_read("/tmp", &arena, &c, &err));
    assert_int_equal(err.code, ERROR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_of_the_contract_is_read),
        cmocka_unit_test(a_mailbox_has_defaults_and_keeps_no_secret),
        cmocka_unit_test(each_fault_is_told_with_its_line_and_what_to_write),
        cmocka_unit_test(all_faults_are_listed_by_line),
        cmocka_unit_test(a_nul_byte_is_an_error_of_its_line),
        cmocka_unit_test(two_sections_of_a_domain_are_taken_together),
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(a_file_full_of_faults_or_domains_is_read_in_no_time),
        cmocka_unit_test(a_file_that_cannot_be_read_or_is_wrong_is_a_config_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
