/* How the certificates of a host were renewed so far, learned from the observations, and when the next renewal is to
 * be expected. The one place that knows: DANE-FRAGILE, CERT-EXPIRES-SOON, the forecast and the plan ask it. Pure. */
#ifndef RULES_RENEWALS_H
#define RULES_RENEWALS_H

#include "rules/inquiry.h"

/* One certificate, as far as it was seen. */
struct certificate_seen {
    const struct observed_certificate
        *certificate; /* null at the policy host: there only the end is known */
    int64_t not_before,
        not_after;       /* TIME_UNKNOWN: not known, or the two contradict each other */
    int64_t first, last; /* when it was first and last seen */
    size_t before;       /* the place of the one that was seen just before it */
    int64_t
        replaced_at; /* when the next one took its place; TIME_UNKNOWN: it is in use, or that
                                     * cannot be told closely enough */
    enum answer key_kept; /* the key of the one before */
};

struct renewals {
    struct text host, address;   /* address unknown: of no one address */
    struct certificate_seen *at; /* in the order in which they were first seen */
    size_t count;
    size_t current; /* the place of the one seen last */
    bool mixed;     /* several certificates were seen at one time: no history of one server */
    /* From one observation to the next, of certificates whose digests are known: */
    size_t changes, with_new_key;
    size_t change_from, change_to; /* the sights before and after the last change */
};

struct renewals_list {
    struct renewals *at;
    size_t count;
};

/* Of the place of ANSWER, an answer with a certificate: its address, and whether it is what those get who ask for a
 * certain kind of key. Where that address was not probed, what the host's others said counts. */
struct renewals renewals_of_answer(const struct inquiry *inquiry,
                                   const struct observed_smtp *answer);

/* Of the first answer of MX in each observation, whichever address that is. */
struct renewals renewals_of_first(const struct inquiry *inquiry, struct text mx);

/* Of every address of MX in the newest observation, each with its `address` where they present different
 * certificates; those that present the same are one. */
struct renewals_list renewals_of_mx(const struct inquiry *inquiry, struct text mx);

/* Of mta-sts.DOMAIN, by the ends of its certificates. */
struct renewals renewals_of_policy_host(const struct inquiry *inquiry);

struct expected_renewal {
    int64_t end; /* of the certificate in use; TIME_UNKNOWN */
    int64_t at;  /* expected by the history, at the end at the latest; TIME_UNKNOWN: by none */
    int64_t usual; /* with a third of its lifetime left; TIME_UNKNOWN */
    bool overdue;  /* it was seen in use more than a day after `at` */
    size_t times;  /* renewals that tell */
    struct text
        basis; /* "renewed 4 times, 30 days before the end each time"; unknown with `at` */
};

/* The next renewal. The history tells where a renewal was seen within a week, or the new certificate's own date says
 * when; of several the middle one counts, so that an early reissue sets no rule. One alone tells nothing where it
 * came in the first third of the certificate's life. */
struct expected_renewal renewals_next(const struct inquiry *inquiry,
                                      const struct renewals *renewals);

/* The date to go by: that of the history, else the usual one, the first of them that is not over; else the end. */
int64_t renewals_date(const struct expected_renewal *expected, int64_t now);

/* Whether two certificates are not the same: by their digests, or by their dates where one has none. */
bool certificate_is_another(const struct observed_certificate *a,
                            const struct observed_certificate *b);

#endif
