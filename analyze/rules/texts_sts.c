/* What people are told of the codes about MTA-STS: the policy, its record, its host. */
#include "rules/families.h"

const struct rule_text texts_sts[] = {
    {
        .code = "STS-MX-NOT-LISTED",
        .title = "An MX host is missing from the MTA-STS policy",
        .meaning =
            "The policy lists the hosts that may take mail for the domain. This one takes "
            "mail by its MX record and is not in the list. Under mode enforce senders "
            "refuse to deliver there; under testing they deliver and report it.",
        .decided =
            "The host is among the MX records, and no mx line of the policy that the "
            "sender applied covers it, nor one of the policy served. A line \"*.\" covers "
            "exactly one label in front. If nothing was observed, it is but possible.",
        .action =
            "Add the host to the policy, then change the id in the _mta-sts record; or take "
            "the host out of the MX records.",
    },
    {
        .code = "STS-MX-VALUE",
        .title = "A line of the MTA-STS policy that should name a host does not",
        .meaning =
            "Each mx line holds one host name, or \"*.\" and a domain. With anything else "
            "in it (an address, a URL, a list, a preference number, a lone asterisk) it "
            "covers no host, or the whole policy is not valid. Under mode enforce mail to "
            "the hosts that it meant is refused.",
        .decided = "The line was read in the policy that the sender quotes, or in the one that "
                   "is served.",
        .action =
            "Write one host name or one \"*.\" pattern on each mx line, then change the id.",
    },
    {
        .code = "STS-MX-PATTERN-UNUSED",
        .title = "The MTA-STS policy lists a host that is no MX",
        .meaning =
            "Mail is delivered all the same. But the policy allows a host that nobody looks "
            "after as a mail server: whoever gets hold of that name may take mail.",
        .decided = "The policy and the MX records were observed, and the line covers none of "
                   "them.",
        .action = "Remove the line, unless a move to that host is planned or just behind you; "
                  "then change the id.",
    },
    {
        .code = "STS-POLICY-UNREACHABLE",
        .title = "The host of the MTA-STS policy cannot be reached",
        .meaning =
            "Senders fetch the policy from a web server, mta-sts. and the domain. Those that "
            "have a copy go on with it until it expires; the others deliver as if there "
            "were no policy, without its protection.",
        .decided =
            "The observation tried to fetch the policy: the name has no address or DNS "
            "fails, the host refuses or does not answer, or TLS fails for another reason "
            "than its certificate.",
        .action =
            "Restore the web server or its DNS records. To give MTA-STS up, serve a policy "
            "with mode: none first.",
    },
    {
        .code = "STS-POLICY-HTTP",
        .title = "The web server does not hand out the MTA-STS policy",
        .meaning =
            "Senders take the policy only if the server answers with status 200 and the "
            "file itself, and do not follow redirects. Otherwise those that have a copy go "
            "on with it until it expires; the others deliver without the policy's "
            "protection.",
        .decided =
            "The observation fetched it and got another status, a redirect, or a file that "
            "is too large. A file that is not sent as text/plain counts only where nothing "
            "else explains the failure.",
        .action =
            "Serve the file at /.well-known/mta-sts.txt with status 200 and as text/plain, "
            "to every client: a web firewall may refuse senders and let browsers pass.",
    },
    {
        .code = "STS-POLICY-CERTIFICATE",
        .title = "The certificate of the host of the MTA-STS policy is at fault",
        .meaning =
            "Senders believe a policy only if the certificate of the web server is in order. "
            "Those that have a copy go on with it until it expires; the others deliver "
            "without the policy's protection. The mail server's certificate is another "
            "matter.",
        .decided = "The observation tried to fetch the policy: the certificate has expired, is "
                   "for another name, or no public CA (certificate authority) vouches for it.",
        .action =
            "Renew the certificate of the web server for mta-sts. and the domain, with the "
            "CA's intermediate certificate, and let that happen by itself.",
    },
    {
        .code = "STS-POLICY-SYNTAX",
        .title = "The MTA-STS policy is served, but its text is wrong",
        .meaning =
            "Senders cannot read it. Those that have an older copy go on with it until it "
            "expires; the others deliver as if there were no policy, without its "
            "protection.",
        .decided =
            "The file was fetched and read as senders read it: version, mode, max_age or mx "
            "is missing or wrong. A slip such as \"mode: enforced\" is named with its line.",
        .action = "Correct the line that is named, then change the id.",
    },
    {
        .code = "STS-POLICY-DIFFERS",
        .title = "Not every sender gets the same MTA-STS policy",
        .meaning =
            "The web host has several addresses that serve different files, or a cache still "
            "hands out the old one. Which policy a sender applies is a matter of chance; "
            "under mode enforce some refuse mail that others deliver.",
        .decided =
            "The observation fetched the policy from each address and got different files "
            "or answers; or the id changed, and the file is still the old one.",
        .action = "Purge the cache, bring all addresses in line, then change the id once more.",
    },
    {
        .code = "STS-TXT-MISSING",
        .title = "An MTA-STS policy is served, but the DNS record that announces it is missing",
        .meaning =
            "Senders look for the TXT record at _mta-sts first; without it they never fetch "
            "the policy. Mail is delivered, but without the policy's protection. Senders "
            "that have a copy go on with it until it expires.",
        .decided = "DNS was asked for the record and said that there is none, while the policy "
                   "could be fetched. A look-up that failed does not count.",
        .action = "Publish the record: \"v=STSv1; id=…;\" at _mta-sts and the domain.",
    },
    {
        .code = "STS-TXT-INVALID",
        .title = "The DNS record that announces the MTA-STS policy is wrong",
        .meaning =
            "Senders see no policy if the TXT record at _mta-sts has a mistake or if there "
            "are several of them. Mail is delivered, but without the policy's protection.",
        .decided = "The observation read the record as senders do. Where reports show senders "
                   "that found a policy before and find none now, that is said.",
        .action = "Keep exactly one record, \"v=STSv1; id=…;\".",
    },
    {
        .code = "STS-ID-UNCHANGED",
        .title = "The MTA-STS policy was edited, but its id was not changed",
        .meaning =
            "Senders fetch a policy again when the id in the _mta-sts record changes. Since "
            "it did not, they stay with the old policy until it expires, up to its max_age. "
            "If that one lacks a host and is in mode enforce, mail to the host is refused.",
        .decided =
            "Observations show two policies one after the other under the same id, and the "
            "sender quotes the older one.",
        .action = "Change the id now, and at every edit of the policy.",
    },
    {
        .code = "STS-ID-DELEGATED",
        .title = "The MTA-STS policy and its DNS record are in different hands",
        .meaning =
            "One of the two is delegated to a vendor by an alias (CNAME), the other is the "
            "domain's own. Mail is not affected now; but whoever edits the policy must have "
            "the other change the id, or senders keep the old policy.",
        .decided = "DNS shows an alias to a name of somebody else at one of _mta-sts and "
                   "mta-sts, and not at the other.",
        .action = "Delegate both names to the same party, or neither.",
    },
    {
        .code = "STS-CACHED-POLICY",
        .title = "A sender still applies the MTA-STS policy that was served before",
        .meaning =
            "Senders may keep a policy for as long as its max_age says. Nothing is wrong "
            "now: with the policy of today the same mail would not fail. Until the old "
            "copy expires, mail may be refused if it was in mode enforce.",
        .decided = "The sender quotes a policy that an earlier observation has, that had not "
                   "expired yet, and that is not the one served now.",
        .action = "Wait until the date given. If failures go on after it, change the id once "
                  "more and write to the sender.",
    },
    {
        .code = "STS-POLICY-FOREIGN",
        .title = "A sender applies an MTA-STS policy that the domain never served",
        .meaning =
            "If two or more independent senders do so, somebody else may answer in the name "
            "of the domain, and could lead mail elsewhere or stop it. One sender alone "
            "most likely mixes up domains.",
        .decided =
            "From the time when the policy quoted could have been fetched until now there "
            "are two observations or more, one of them before the failures; in each the "
            "policy was another, and the id did not change.",
        .action =
            "Check DNS at every name server, the web host, the certificates issued for its "
            "name, and the vendor. For one sender alone, write to its contact.",
    },
    {
        .code = "STS-FETCH-TRANSIENT",
        .title = "One sender could not fetch the MTA-STS policy for a short while",
        .meaning = "A passing disturbance between that sender and the web server. Senders that "
                   "have a copy use it; the others deliver without the policy.",
        .decided =
            "The policy was in order then and is now, one sender alone reports it, and with "
            "few sessions or on a single day.",
        .action = "None, unless it returns; then read the log of the web server.",
    },
    {
        .code = "STS-REMOVED-BADLY",
        .title = "MTA-STS was taken away while senders still hold the policy to it",
        .meaning =
            "Senders keep a policy in mode enforce until its max_age has passed, even if "
            "record and file are gone. If MX hosts or certificates change in that time, "
            "they refuse to deliver, and nothing tells them that you gave it up.",
        .decided =
            "An earlier observation has the record and a policy in mode enforce; in a later "
            "one the record is gone and no policy was fetched, while the life of the old "
            "one was not over. It is not this code if the certificate of the policy host "
            "is at fault.",
        .action =
            "Serve a policy with mode: none, and the record with a new id, until the date "
            "given; then take both away.",
    },
    {
        .code = "STS-MAX-AGE-SHORT",
        .title = "The MTA-STS policy lives for less than a day",
        .meaning =
            "Mail is delivered as it should be. But an attacker who keeps the policy from a "
            "sender for less than a day gets around it: the sender's copy has expired.",
        .decided = "The policy served is in mode enforce, and its max_age is below 86400 "
                   "seconds.",
        .action = "Set max_age to a week (604800) or more, then change the id.",
    },
    {
        .code = "STS-TESTING-FORGOTTEN",
        .title = "The MTA-STS policy could be enforced and is still in testing",
        .meaning =
            "Under testing senders report failures and deliver all the same, to a forged "
            "host too. The policy protects nothing yet.",
        .decided =
            "For 30 days every observation shows mode testing, no report names a failure "
            "that the policy rules, and the check whether the domain is ready to enforce "
            "says yes.",
        .action = "Change mode to enforce, then change the id.",
    },
    {0},
};
