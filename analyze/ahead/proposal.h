/* What somebody proposes of a domain, and the question that it makes of what was observed. */
#ifndef AHEAD_PROPOSAL_H
#define AHEAD_PROPOSAL_H

#include "rules/inquiry.h"
#include "rules/verdict.h"

/* A TLSA record of one MX, or of every MX where that is unknown. */
struct proposed_tlsa {
    struct text mx;
    struct text record; /* "3 1 1 …" */
};

/* What is not said stays as it is. */
struct proposal {
    enum mta_sts_mode mode;              /* unknown: that of the policy */
    const struct mta_sts_policy *policy; /* null: the one in force now */
    struct text_list mx;                 /* the MX hosts; none: as they are */
    struct {
        struct proposed_tlsa *at;
        size_t count;
    } tlsa;
    bool no_tlsa; /* no MX has any */
    /* What every address of every MX presents, with the chain above it; `trust` is about its dates and its
     * issuer. Null: what each presented. */
    const struct observed_certificate *certificate;
    struct observed_chain chain;
};

/* Whether it says nothing of TLSA, of the policy. */
bool proposal_keeps_tlsa(const struct proposal *proposal);
bool proposal_keeps_policy(const struct proposal *proposal);

/* The policy that senders would apply. Where there is none or an invalid one and a mode is proposed, it is one
 * of that mode that lists every host. */
enum fact proposal_policy(const struct inquiry *inquiry, const struct proposal *proposal,
                          struct mta_sts_policy *policy);

/* The MX hosts: those proposed, else those of SIGHT (may be null). */
struct text_list proposal_hosts(const struct proposal *proposal, const struct sight *sight);

/* An enforce policy that lists MX and nothing else, in ARENA: what only TLS may fail. */
struct mta_sts_policy policy_of_host(struct text mx, struct arena *arena);

/* What a sender asks itself of MX, where PROBE (may be null) of SIGHT (may be null) tells what it offers, with
 * what PROPOSAL (may be null: nothing) says of TLSA and certificate. The policy is for the caller to set. Memory
 * of the inquiry's arena. */
struct verdict_question proposal_question(const struct inquiry *inquiry,
                                          const struct proposal *proposal,
                                          const struct sight *sight, struct text mx,
                                          const struct observed_smtp *probe);

#endif
