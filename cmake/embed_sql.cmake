# cmake -D OUTPUT=file.c -D "INPUTS=001-a.sql;002-b.sql" -P embed_sql.cmake
#
# Writes a C file with the table of migrations: their texts as bytes, since a string literal of
# that length is not portable. The number is that of the file's name, and they must be 1, 2, 3, …
set(texts "")
set(rows "")
set(expected 0)
foreach(input IN LISTS INPUTS)
    math(EXPR expected "${expected} + 1")
    get_filename_component(name ${input} NAME)
    string(REGEX MATCH "^[0-9][0-9][0-9]" digits ${name})
    string(REGEX REPLACE "^0+" "" number "${digits}")
    if(NOT number STREQUAL expected)
        message(FATAL_ERROR "${name}: migration ${expected} was expected")
    endif()
    file(READ ${input} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
    string(APPEND texts "static const char migration_${number}[] = {\n${bytes}0};\n")
    string(APPEND rows "    {${number}, migration_${number}},\n")
endforeach()
file(WRITE ${OUTPUT}
    "#include \"store/store_internal.h\"\n\n${texts}\n"
    "const struct migration store_migrations[] = {\n${rows}};\n"
    "const int store_migration_count = ${expected};\n")
