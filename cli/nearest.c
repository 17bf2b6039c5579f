#include "cli/nearest.h"

enum { LONGEST = 40 };

struct nearest nearest_to(struct text word)
{
    return (struct nearest){.word = word, .distance = (unsigned)(word.length + 2) / 3 + 1};
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters to change, add, drop or swap with their neighbour to make B of A, both at most LONGEST. */
static unsigned distance(struct text a, struct text b)
{
    unsigned rows[3][LONGEST + 1];
    for (size_t j = 0; j <= b.length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.length; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = a.at[i - 1] == b.at[j - 1];
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a.length % 3][b.length];
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
    struct text text = text_of(candidate);
    if (nearest->word.length > LONGEST || text.length > LONGEST)
        return;
    unsigned steps = distance(nearest->word, text);
    if (steps >= nearest->distance)
        return;
    nearest->distance = steps;
    nearest->best = candidate;
}
