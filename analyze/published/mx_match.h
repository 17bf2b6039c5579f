/* Whether a name covers a host: the mx patterns of an MTA-STS policy (RFC 8461 §4.1) and the
 * DNS names of a certificate (RFC 6125 §6.4). Case and a final dot do not matter. Names are
 * compared as they stand, so a U-label matches nothing but itself: both RFCs speak of
 * A-labels. */
#ifndef PUBLISHED_MX_MATCH_H
#define PUBLISHED_MX_MATCH_H

#include <stdbool.h>

#include "base/text.h"

/* Whether PATTERN covers the host name HOST. "*." stands for exactly one label at the left:
 * *.example.com covers a.example.com, neither example.com nor a.b.example.com. An empty or
 * unknown text covers nothing. */
bool mx_match(struct text pattern, struct text host);

/* Whether NAME, a dNSName of a certificate, is a name of HOST. As mx_match(), and as TLS
 * libraries see it: a wildcard needs two labels after it and never covers an IP address. */
bool certificate_name_match(struct text name, struct text host);

/* Whether any of NAMES is a name of HOST. */
bool certificate_names_match(const struct text_list *names, struct text host);

#endif
