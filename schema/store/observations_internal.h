/* What the two files about observations share with the attribution. */
#ifndef STORE_OBSERVATIONS_INTERNAL_H
#define STORE_OBSERVATIONS_INTERNAL_H

#include "store/observations.h"
#include "store/store_internal.h"

struct id_list {
    int64_t *at;
    size_t count;
};

#endif
