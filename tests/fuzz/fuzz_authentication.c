#include "fuzz.h"
#include "ingest/authentication.h"

static void fuzz(struct text bytes, struct arena *arena)
{
    (void)arena;
    enum authenticated verdict = authentication_verdict(bytes, TEXT("one.example"));
    promise(verdict >= AUTHENTICATED_PASS && verdict < AUTHENTICATED_COUNT);
    authentication_by(bytes, TEXT("mx.example.net"));
}
