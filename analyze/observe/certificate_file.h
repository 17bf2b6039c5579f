/* A certificate out of a file, as an MX would present it. */
#ifndef OBSERVE_CERTIFICATE_FILE_H
#define OBSERVE_CERTIFICATE_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "published/observation.h"

/* Reads certificates in PEM form: the server's own first, those above it behind it. OBSERVATION becomes one of
 * certificate.invalid whose one MX presents them; `trust` is by the CAs of the system and those of the file
 * EXTRA_CA (unknown: none). Memory of ARENA. False with ERROR_INPUT where TEXT holds none, or as
 * certificate_store(). */
bool certificate_file_read(struct text text, struct text extra_ca, struct arena *arena,
                           struct observation *observation, struct error *err);

#endif
