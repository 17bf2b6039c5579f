/* What a reporter does as a rule, in words. */
#ifndef RENDER_HABIT_WORDS_H
#define RENDER_HABIT_WORDS_H

#include "base/arena.h"
#include "render/json_out.h"
#include "rules/habits.h"

/* "every day, 9 hours after the day, about 40 sessions each; does MTA-STS, no DANE; took each new policy at once", in
 * ARENA. */
struct text words_of_habit(struct arena *arena, const struct habit *habit);

/* "silent against its habit: the next report was due about 2026-11-20". */
struct text words_of_silence(struct arena *arena, const struct habit *habit);

/* The keys of an object that has others beside them. HABIT may be null: then each is null. */
void habit_keys(struct json_out *json, const struct habit *habit);

#endif
