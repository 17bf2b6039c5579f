-- What is asked most, for 18.16 and current versions alike. FINAL leaves out what was replaced and is not merged yet.
-- A count that is absurd (a forged report's) may make sums of several days wrap: sum(toFloat64(failed)) does not.

-- sessions by domain and day
SELECT domain, day, successful, failed
  FROM tlsrpt.daily FINAL WHERE day >= today() - 30 AND reports > 0 ORDER BY domain, day;

-- sessions of the last 30 days, the worst domain first
SELECT domain, sum(successful) AS succeeded, sum(failed) AS refused,
       round(100 * sum(failed) / greatest(sum(successful) + sum(failed), 1), 2) AS percent
  FROM tlsrpt.daily FINAL WHERE day >= today() - 30 AND reports > 0 GROUP BY domain ORDER BY percent DESC, domain;

-- the top causes
SELECT result_type, cause, sum(failed) AS sessions, uniq(reporter) AS reporters, uniq(domain) AS domains
  FROM tlsrpt.v_failure WHERE day >= today() - 30
 GROUP BY result_type, cause ORDER BY sessions DESC, result_type, cause LIMIT 20;

-- the top causes of one domain, by host
SELECT receiving_mx_hostname, result_type, cause, sum(failed) AS sessions
  FROM tlsrpt.v_failure WHERE day >= today() - 30 AND domain = 'example.com'
 GROUP BY receiving_mx_hostname, result_type, cause ORDER BY sessions DESC, receiving_mx_hostname, result_type, cause LIMIT 20;

-- who reports, how much, and when last
SELECT reporter, count() AS reports, max(day) AS last
  FROM tlsrpt.v_sessions WHERE day >= today() - 30 GROUP BY reporter ORDER BY reports DESC, reporter LIMIT 100;
