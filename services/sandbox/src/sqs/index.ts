export {
  createSqsService,
  type QueueDefinition,
  type SqsService,
  type SqsServiceOptions,
} from './sqs-service.ts';
export { isSqsOperation } from './requests.ts';
