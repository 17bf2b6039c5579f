/* How a command prints findings. */
#ifndef CLI_FINDINGS_OUT_H
#define CLI_FINDINGS_OUT_H

#include "cli/analysis.h"
#include "render/findings.h"

/* Width and colour of standard output: those of the terminal, if it is one. */
struct text_style output_style(const struct invocation *inv);

/* Prints the analysis as --format says: text, json or html. */
void findings_out(const struct invocation *inv, const struct analysis *analysis);

#endif
