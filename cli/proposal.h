/* The options of `whatif` that propose something, read. */
#ifndef CLI_PROPOSAL_H
#define CLI_PROPOSAL_H

#include "ahead/proposal.h"
#include "cli/command.h"

/* Reads --mode, --policy, --mx, --tlsa and --certificate. All memory of the run's arena. ERROR_USAGE for what cannot be
 * used, ERROR_INPUT for a file that is none. */
bool proposal_read(const struct invocation *inv, struct proposal *proposal, struct error *err);

#endif
