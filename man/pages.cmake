# cmake -D GENERATOR=tlsrpt_pages -D SOURCE=man -D OUT=folder -P pages.cmake
#
# Writes tlsrpt.1 and one page a command into OUT. A file SOURCE/more/NAME goes into the page NAME
# where the generator left the line `.\" more`; into tlsrpt.1 go the lists that `help` prints.
function(print_help result)
    execute_process(COMMAND ${GENERATOR} help ${ARGN}
                    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${OUT})
print_help(lists)
string(REGEX MATCHALL "\\.\\\\\" command: [a-z -]+" commands "${lists}")
foreach(command IN LISTS commands)
    string(REPLACE ".\\\" command: " "" command "${command}")
    string(REPLACE " " "-" name "tlsrpt-${command}.1")
    string(REPLACE " " ";" words "${command}")
    print_help(page ${words})
    set(more "")
    if(EXISTS ${SOURCE}/more/${name})
        file(READ ${SOURCE}/more/${name} more)
    endif()
    string(REPLACE ".\\\" more\n" "${more}" page "${page}")
    file(WRITE ${OUT}/${name} "${page}")
endforeach()

# The last: that it is there tells the build that all are.
file(READ ${SOURCE}/tlsrpt.1 page)
string(REPLACE ".\\\" commands and options\n" "${lists}" page "${page}")
file(WRITE ${OUT}/tlsrpt.1 "${page}")
