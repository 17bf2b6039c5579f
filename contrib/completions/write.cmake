# cmake -D GENERATOR=tlsrpt_table -D SOURCE=contrib/completions -D OUT=folder -P write.cmake
#
# Writes the completions of the three shells into OUT: their files here, with the table put in.
execute_process(COMMAND ${GENERATOR} help OUTPUT_VARIABLE table OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
# For fish each row is a word in quotes.
string(REPLACE "\\" "\\\\" rows "${table}")
string(REPLACE "'" "\\'" rows "${rows}")
string(REPLACE "\n" "' \\\n    '" rows "${rows}")
set(rows "    '${rows}'")
foreach(name tlsrpt.bash _tlsrpt tlsrpt.fish)
    configure_file(${SOURCE}/${name}.in ${OUT}/${name} @ONLY)
endforeach()
