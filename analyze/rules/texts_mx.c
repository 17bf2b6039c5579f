/* What people are told of the codes about DNS and MX records. */
#include "rules/families.h"

const struct rule_text texts_mx[] = {
    {
        .code = "DNS-LOOKUP-FAILED",
        .title = "A look-up in DNS fails that mail needs",
        .meaning =
            "Senders ask DNS which hosts take mail for the domain (MX records), at which "
            "addresses these are, and whether there is an MTA-STS policy. One of these "
            "questions gets no answer. Senders wait and try again; if it goes on for days, "
            "mail comes back to them.",
        .decided = "The observation asked the same question and got an error or no answer. An "
                   "answer whose signature is wrong (DNSSEC) is another code, DANE-BOGUS.",
        .action = "Ask each name server of the zone by itself, and mend the one that does not "
                  "answer.",
    },
    {
        .code = "DNS-INCONSISTENT",
        .title = "The name servers of the domain give different answers",
        .meaning =
            "Which answer a sender gets is a matter of chance: some use old MX hosts, an "
            "old policy or old certificate digests (TLSA), and fail there.",
        .decided =
            "The observation asked every authoritative name server by itself, and the MX, "
            "TXT or TLSA records differ.",
        .action = "Mend the zone transfer to the server that is behind, or take an old name "
                  "server out of the delegation at the registrar.",
    },
    {
        .code = "DOMAIN-IS-CNAME",
        .title = "The mail domain is an alias (CNAME) of another name",
        .meaning =
            "A name with a CNAME record can have no MX record of its own. Senders follow "
            "the alias in different ways: some deliver, some do not, some look for the "
            "policy at the other name.",
        .decided = "A CNAME record was seen at the domain itself.",
        .action = "Take the CNAME away and publish MX records and addresses at the domain "
                  "itself.",
    },
    {
        .code = "MX-RETIRED",
        .title = "Mail still goes to a host that is an MX no longer",
        .meaning =
            "After MX records change, senders keep the old answer for as long as its TTL "
            "(time to live) says, and an old MTA-STS policy for as long as its max_age "
            "says. Failures at the old host in that time are to be expected.",
        .decided = "The host that the reports name was an MX in an earlier observation, and is "
                   "none now.",
        .action = "Keep the old host alive until the date given; ignore failures there after "
                  "that.",
    },
    {
        .code = "MX-NEVER-PUBLISHED",
        .title = "Mail went to a host that was never an MX of the domain",
        .meaning =
            "A sender delivered to a host that no observation has among the MX records. It "
            "may be another name of your own host, a sender with an answer that is very "
            "old, or a forged answer of DNS: somebody who wants your mail.",
        .decided = "There is an observation from before the failures, and none has that host, "
                   "the name servers asked one by one included. If the address belongs to a "
                   "published MX, it is but possible.",
        .action =
            "Find out whose host it is. If nobody knows it, check registrar, delegation and "
            "name servers for tampering, and ask the sender.",
    },
    {
        .code = "MX-ADDRESS-UNPUBLISHED",
        .title = "Failures name an address that the MX does not have",
        .meaning =
            "The sender connected to an address that DNS does not give for that host: an "
            "old one that it kept, one behind address translation, or one of a stranger "
            "in between.",
        .decided =
            "The addresses of the host are known, then and now, and the one in the reports "
            "is none of them; nothing else that is published explains the failure.",
        .action = "Find out whose address it is.",
    },
    {
        .code = "MX-ONE-ADDRESS",
        .title = "One of the addresses of an MX is at fault, another is in order",
        .meaning =
            "The host has several addresses, often several machines. Senders pick one, so "
            "some mail is lost and some is not.",
        .decided =
            "The probe finds one address bad and another good, and the failures name the "
            "bad one. Where nobody has probed the host, it is possible if all failures "
            "name one of several addresses.",
        .action = "Bring that machine in line with the others. What is wrong with it is said.",
    },
    {
        .code = "MX-NODE-DIFFERS",
        .title = "Several machines behind one address do not agree",
        .meaning =
            "A load balancer hands senders to machines that have different certificates or "
            "settings. A single look may find nothing wrong.",
        .decided =
            "Several connections to one address gave different certificates, or STARTTLS "
            "in one and not in the other. Certificates of two kinds of key (RSA, ECDSA) "
            "of one server do not count.",
        .action = "Bring all machines in line.",
    },
    {
        .code = "MX-NULL",
        .title = "The domain takes no mail, and yet has a policy or gets reports",
        .meaning =
            "A null MX (\"0 .\"), or neither MX nor address, says that nobody is to send "
            "mail there. A policy for it makes no sense, and reports show that somebody "
            "tries.",
        .decided =
            "The MX records were looked up: there is the null MX, or there is none and no "
            "address.",
        .action = "Remove the policy (mode: none first), or publish the MX.",
    },
    {
        .code = "MX-UNRESOLVABLE",
        .title = "An MX record leads to no host",
        .meaning =
            "An MX record must name a host that has addresses. This one has none, is an "
            "alias (CNAME), or is an address in the place of a name. Some senders skip it, "
            "some refuse the mail.",
        .decided = "The name in the MX record was looked up.",
        .action = "Name a host that has an A or AAAA record, or take the MX record away.",
    },
    {
        .code = "MX-DOWN",
        .title = "An MX host has not answered for days",
        .meaning =
            "Senders try it, wait, and go on to another MX: mail is late. It may be so on "
            "purpose (nolisting).",
        .decided =
            "In every observation of three days or more the host refused the connection or "
            "timed out, while another host answered.",
        .action = "Restore it, take it out of the MX records, or acknowledge the finding.",
    },
    {0},
};
