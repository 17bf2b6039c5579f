/* GObject handles that are released at the end of their scope. */
#ifndef INGEST_GOBJECT_H
#define INGEST_GOBJECT_H

#include <glib-object.h>

static inline void gobject_release(void *handle)
{
    g_clear_object((GObject **)handle);
}

#define GOBJECT_AUTO __attribute__((cleanup(gobject_release)))

#endif
