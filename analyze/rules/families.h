/* The predicates behind the table of rules.c, one file a family. What each decides is said in its row
 * and in diagnosis.md. */
#ifndef RULES_FAMILIES_H
#define RULES_FAMILIES_H

#include "rules/rule.h"

/* ---- MTA-STS policy against MX: sts_*.c ---- */

extern const struct rule_text texts_sts[];

rule_shows sts_mx_not_listed_shows, sts_mx_value_shows, sts_mx_pattern_unused_shows,
    sts_policy_unreachable_shows, sts_policy_http_shows, sts_policy_certificate_shows,
    sts_policy_syntax_shows, sts_policy_differs_shows, sts_txt_missing_shows,
    sts_txt_invalid_shows, sts_id_delegated_shows, sts_max_age_short_shows;
rule_explains sts_mx_not_listed_explains, sts_mx_value_explains, sts_policy_differs_explains,
    sts_id_unchanged_explains, sts_cached_policy_explains, sts_policy_foreign_explains,
    sts_fetch_transient_explains, sts_removed_badly_explains;
rule_stands sts_removed_badly_stands, sts_testing_forgotten_stands;

/* ---- DNS: dns.c ---- */

rule_shows dns_lookup_failed_shows, dns_inconsistent_shows, domain_is_cname_shows;

/* ---- MX and migrations: mx*.c ---- */

extern const struct rule_text texts_mx[]; /* of the DNS and MX rules */

rule_shows mx_one_address_shows, mx_node_differs_shows, mx_null_shows, mx_unresolvable_shows;
rule_explains mx_retired_explains, mx_never_published_explains, mx_address_unpublished_explains,
    mx_one_address_explains, mx_down_explains;
rule_stands mx_down_stands;

/* ---- STARTTLS: tls.c ---- */

extern const struct rule_text texts_tls[]; /* of the TLS and CERT rules */

rule_shows tls_no_starttls_shows, tls_starttls_refused_shows, tls_handshake_shows;
rule_explains tls_stripped_explains, tls_interop_explains;

/* ---- certificates: cert*.c ---- */

rule_shows cert_sni_shows, cert_name_shows, cert_expired_shows, cert_not_yet_valid_shows,
    cert_untrusted_shows;
rule_explains cert_renewed_explains, cert_sender_store_explains;
rule_stands cert_expires_soon_stands;

/* ---- DANE: dane*.c ---- */

extern const struct rule_text texts_dane[];

rule_shows dane_mismatch_shows, dane_ta_not_sent_shows, dane_ta_issuer_shows,
    dane_ta_name_shows, dane_unusable_shows, dane_bogus_shows, dane_lookup_failed_shows,
    dane_mx_insecure_shows, dane_insecure_shows, dane_no_starttls_shows, dane_partial_shows,
    dane_wrong_name_shows, dane_too_many_shows, dane_sts_conflict_shows, dane_lost_shows;
rule_explains dane_rollover_explains, dane_none_published_explains;
rule_stands dane_bogus_stands, dane_lost_stands, dane_wrong_name_stands, dane_fragile_stands;

/* ---- what remains: remains.c ---- */

extern const struct rule_text texts_remains[];

rule_explains tls_transient_explains, sender_wide_explains, sender_only_explains,
    not_observed_explains, unexplained_explains;

/* ---- reporting itself: reporting_*.c ---- */

extern const struct rule_text texts_reporting[];

rule_shows tlsrpt_missing_shows, tlsrpt_lookup_failed_shows, tlsrpt_wrong_name_shows,
    tlsrpt_version_shows, tlsrpt_present_shows, tlsrpt_rua_missing_shows,
    tlsrpt_rua_syntax_shows, tlsrpt_multiple_shows, tlsrpt_former_vendor_shows,
    tlsrpt_rua_unexpected_shows, tlsrpt_rua_unreachable_shows, tlsrpt_no_owner_shows,
    tlsrpt_owner_split_shows, tlsrpt_rua_personal_shows, sts_former_vendor_shows;
rule_stands tlsrpt_lookup_failed_stands, tlsrpt_silent_stands, tlsrpt_unauthenticated_stands,
    tlsrpt_loop_stands, tlsrpt_host_record_missing_stands, reports_unreadable_stands,
    mail_record_changed_stands;

#endif
