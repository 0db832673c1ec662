import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Problem } from '@sluice/contracts/kit';
import { ProblemError } from '@sluice/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { allowedMethods } from './routes.js';

/** Returns every error as problem details (RFC 9457); details that do not concern the caller are only logged. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.status >= 500 && !(error instanceof ProblemError)) this.logger.error(error);
    void sendProblem(reply, orMethodNotAllowed(problem, request, reply));
  }
}

/** @returns the problem for an error; 500 without any detail of the cause for a fault of ours */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const status = statusOf(error);
  if (status < 400 || status >= 500) return titled(500);
  return { ...titled(status), ...explanation(status) };
}

/** Nest's errors return their status by a method, Fastify's have it as a property. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}

const titled = (status: number): Problem => ({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status });

const DETAILS: Record<number, string> = {
  400: 'The request is not well-formed; a body is JSON.',
  413: 'A body has at most 64 kB.',
  415: 'A body is application/json.',
};
const explanation = (status: number): { detail?: string } => (DETAILS[status] ? { detail: DETAILS[status] } : {});

/** A path that exists for other methods is 405 and lists them (RFC 9110, section 15.5.6). */
function orMethodNotAllowed(problem: Problem, request: FastifyRequest, reply: FastifyReply): Problem {
  if (problem.status !== 404 || !request.is404) return problem;
  const allowed = allowedMethods(request.server, request.url);
  if (allowed.length === 0) return problem;
  void reply.header('allow', allowed.join(', '));
  return titled(405);
}

/** Default Retry-After: a service is soon back, a limit counts minutes. Seconds. */
const RETRY_AFTER: Record<number, number> = { 429: 60, 503: 1 };

/**
 * Adds when to retry (503, 429; the problem's `retryAfter`, in s, is more exact) and how to sign in (401). Problems are
 * not cached.
 */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const retryAfter = problem.status === 503 ? undefined : problem['retryAfter'];
  if (typeof retryAfter === 'number') void reply.header('retry-after', String(retryAfter));
  else if (RETRY_AFTER[problem.status] !== undefined && !reply.hasHeader('retry-after'))
    void reply.header('retry-after', String(RETRY_AFTER[problem.status]));
  void reply.header('cache-control', 'no-store');
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
