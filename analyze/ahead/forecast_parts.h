/* What the files of the forecast share. */
#ifndef AHEAD_FORECAST_PARTS_H
#define AHEAD_FORECAST_PARTS_H

#include "ahead/forecast.h"

struct forecasting {
    const struct inquiry *inquiry;
    const struct diagnosis *diagnosis;
    const struct sight *now;
    struct forecast *forecast; /* in the inquiry's arena */
};

/* Adds an entry. The pointer is good until the next one is added. */
struct forecast_entry *forecast_entry(const struct forecasting *f, enum forecast_kind kind,
                                      int64_t at, struct text host)
    __attribute__((returns_nonnull));
void forecast_says(const struct forecasting *f, struct text *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct text forecast_date(const struct forecasting *f, int64_t time);

/* The ongoing finding of CODE about MX (unknown: about the domain); null if there is none. */
const struct finding *forecast_finding(const struct forecasting *f, const char *code,
                                       struct text mx);

/* Renewals and ends, of the MX hosts and the policy host, and what they do to TLSA records. */
void forecast_certificates(const struct forecasting *f);

#endif
