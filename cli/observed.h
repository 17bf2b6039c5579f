/* Observations between the two rooms that know them: as `published` has them, and in parts, as the
 * database keeps them. */
#ifndef CLI_OBSERVED_H
#define CLI_OBSERVED_H

#include "published/observation_json.h"
#include "store/observations.h"

/* Takes OBSERVATION apart, into ARENA, without what its servers say anew at each connection. */
void observed_pack(const struct observation *observation, struct arena *arena,
                   struct stored_observation *stored);

/* Puts it together again, in ARENA. False with ERROR_IO where the database holds what is none. */
bool observed_unpack(const struct stored_observation *stored, struct arena *arena,
                     struct observation *observation, struct error *err);

/* Reads the observation of DOMAIN that is WANTED of TIME (see store_get_observation()). Null without
 * an error where there is none. */
const struct observation *observed_get(struct store *store, struct text domain,
                                       enum observation_wanted wanted, int64_t time,
                                       struct arena *arena, struct error *err);

#endif
